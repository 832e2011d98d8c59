// A WebRTC program that knows nothing of p2p, on Pion: w3c-peer.mjs in Go.
//
// It takes commands on stdin and answers on stdout, one JSON object a line each: {"do": NAME, "with": VALUE} is answered
// with {"result": VALUE} or {"error": TEXT}. With the argument `lite` it is an ICE-lite end. It stays on loopback.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media"
	"github.com/pion/webrtc/v3/pkg/media/ivfreader"
	"github.com/pion/webrtc/v3/pkg/media/oggreader"
)

const highWaterBytes = 1_000_000
const maxLineBytes = 1 << 20

type peer struct {
	connection  *webrtc.PeerConnection
	closedCount int32
	// Frames of pictures, and packets of sound, that have come.
	audioCount, videoCount int32
}

func summary(data []byte) string {
	return fmt.Sprintf("%d %x", len(data), sha256.Sum256(data))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pion:", err)
	}
}

func pour(channel *webrtc.DataChannel, byteCount, messageBytes int) {
	data := make([]byte, byteCount)
	for index := range data {
		data[index] = byte(uint32(index) * 0x9e3779b1 >> 24)
	}
	for rest := data; len(rest) > 0; {
		for channel.BufferedAmount() > highWaterBytes {
			time.Sleep(2 * time.Millisecond)
		}
		size := messageBytes
		if size > len(rest) {
			size = len(rest)
		}
		check(channel.Send(rest[:size]))
		rest = rest[size:]
	}
	check(channel.SendText(summary(data)))
}

// What each channel does is told by its label, as in w3c-peer.mjs.
func (p *peer) respond(channel *webrtc.DataChannel) {
	var sunk []byte
	answers := map[string]func(webrtc.DataChannelMessage){
		"measure": func(message webrtc.DataChannelMessage) {
			kind := "binary"
			if message.IsString {
				kind = "text"
			}
			check(channel.SendText(kind + " " + summary(message.Data)))
		},
		"make": func(message webrtc.DataChannelMessage) {
			var kind string
			var byteCount int
			_, err := fmt.Sscan(string(message.Data), &kind, &byteCount)
			check(err)
			text := strings.Repeat("x", byteCount)
			if kind == "text" {
				check(channel.SendText(text))
			} else {
				check(channel.Send([]byte(text)))
			}
		},
		"sink": func(message webrtc.DataChannelMessage) {
			if !message.IsString {
				sunk = append(sunk, message.Data...)
				return
			}
			check(channel.SendText(summary(sunk)))
			sunk = nil
		},
		"source": func(message webrtc.DataChannelMessage) {
			var byteCount, messageBytes int
			_, err := fmt.Sscan(string(message.Data), &byteCount, &messageBytes)
			check(err)
			go pour(channel, byteCount, messageBytes)
		},
	}
	channel.OnClose(func() { atomic.AddInt32(&p.closedCount, 1) })
	channel.OnMessage(func(message webrtc.DataChannelMessage) {
		if answer, isNamed := answers[channel.Label()]; isNamed {
			answer(message)
		} else if string(message.Data) == "close" {
			check(channel.Close())
		} else {
			check(channel.SendText("echo " + string(message.Data)))
		}
	})
}

func (p *peer) open(label string) error {
	channel, err := p.connection.CreateDataChannel(label, nil)
	if err == nil {
		p.respond(channel)
	}
	return err
}

// What a file has, and how long each of its frames lasts; an error is its end.
type frames func() (media.Sample, error)

func ivfFrames(path string) (frames, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	reader, header, err := ivfreader.NewWith(file)
	if err != nil {
		return nil, err
	}
	duration := time.Duration(float64(time.Second) * float64(header.TimebaseNumerator) / float64(header.TimebaseDenominator))
	return func() (media.Sample, error) {
		frame, _, err := reader.ParseNextFrame()
		return media.Sample{Data: frame, Duration: duration}, err
	}, nil
}

func oggFrames(path string) (frames, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	reader, _, err := oggreader.NewWith(file)
	if err != nil {
		return nil, err
	}
	// A page of Pion's reader has one packet where the file was made so.
	return func() (media.Sample, error) {
		page, _, err := reader.ParseNextPage()
		return media.Sample{Data: page, Duration: 20 * time.Millisecond}, err
	}, nil
}

// Sends a track in real time, as soon as there is somebody to send to.
func (p *peer) publishTrack(mime string, open func() (frames, error)) error {
	next, err := open()
	if err != nil {
		return err
	}
	kind := strings.Split(mime, "/")[0]
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mime}, kind, "pion")
	if err != nil {
		return err
	}
	sender, err := p.connection.AddTrack(track)
	if err != nil {
		return err
	}
	go func() {
		buffer := make([]byte, 1500)
		for {
			if _, _, err := sender.Read(buffer); err != nil {
				return
			}
		}
	}()
	go func() {
		for p.connection.ConnectionState() != webrtc.PeerConnectionStateConnected {
			time.Sleep(5 * time.Millisecond)
		}
		start, elapsed := time.Now(), time.Duration(0)
		for {
			sample, err := next()
			if err != nil {
				return
			}
			check(track.WriteSample(sample))
			elapsed += sample.Duration
			time.Sleep(time.Until(start.Add(elapsed)))
		}
	}()
	return nil
}

// Publishes one track of each kind: paths of an IVF with VP8 and an Ogg with Opus, one packet a page.
func (p *peer) publish(value json.RawMessage) error {
	var paths struct{ Audio, Video string }
	if err := json.Unmarshal(value, &paths); err != nil {
		return err
	}
	if err := p.publishTrack(webrtc.MimeTypeOpus, func() (frames, error) { return oggFrames(paths.Audio) }); err != nil {
		return err
	}
	return p.publishTrack(webrtc.MimeTypeVP8, func() (frames, error) { return ivfFrames(paths.Video) })
}

// Counts whole pictures by their last packet, and asks for a key frame now and then as a viewer would.
func (p *peer) count(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	count := &p.audioCount
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		count = &p.videoCount
		check(p.connection.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}}))
	}
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if packet.Marker || track.Kind() == webrtc.RTPCodecTypeAudio {
			atomic.AddInt32(count, 1)
		}
	}
}

func (p *peer) describe(description webrtc.SessionDescription, err error) (interface{}, error) {
	if err != nil {
		return nil, err
	}
	isGathered := webrtc.GatheringCompletePromise(p.connection)
	if err := p.connection.SetLocalDescription(description); err != nil {
		return nil, err
	}
	<-isGathered
	return p.connection.LocalDescription(), nil
}

func (p *peer) take(value json.RawMessage) error {
	var description webrtc.SessionDescription
	if err := json.Unmarshal(value, &description); err != nil {
		return err
	}
	return p.connection.SetRemoteDescription(description)
}

func (p *peer) do(name string, value json.RawMessage) (interface{}, error) {
	switch name {
	case "offer":
		if err := p.open("chat"); err != nil {
			return nil, err
		}
		return p.describe(p.connection.CreateOffer(nil))
	case "answer":
		if err := p.take(value); err != nil {
			return nil, err
		}
		return p.describe(p.connection.CreateAnswer(nil))
	case "accept":
		return nil, p.take(value)
	case "publish":
		return nil, p.publish(value)
	case "take":
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			direction := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
			if _, err := p.connection.AddTransceiverFromKind(kind, direction); err != nil {
				return nil, err
			}
		}
		return nil, nil
	case "received":
		counts := map[string]int32{"audio": atomic.LoadInt32(&p.audioCount), "video": atomic.LoadInt32(&p.videoCount)}
		return counts, nil
	case "open":
		var count int
		err := json.Unmarshal(value, &count)
		for index := 0; err == nil && index < count; index++ {
			err = p.open(fmt.Sprintf("theirs %d", index))
		}
		return nil, err
	case "closedCount":
		return atomic.LoadInt32(&p.closedCount), nil
	}
	return nil, fmt.Errorf("unknown command %q", name)
}

func newConnection(isLite bool) (*webrtc.PeerConnection, error) {
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetLite(isLite)
	engine, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := engine.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	if err := webrtc.RegisterDefaultInterceptors(engine, registry); err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(
		webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(registry))
	return api.NewPeerConnection(webrtc.Configuration{})
}

func main() {
	connection, err := newConnection(len(os.Args) > 1 && os.Args[1] == "lite")
	if err != nil {
		panic(err)
	}
	p := &peer{connection: connection}
	connection.OnDataChannel(p.respond)
	connection.OnTrack(p.count)
	replies := json.NewEncoder(os.Stdout)
	commands := bufio.NewScanner(os.Stdin)
	commands.Buffer(nil, maxLineBytes)
	for commands.Scan() {
		var command struct {
			Do   string
			With json.RawMessage
		}
		if err := json.Unmarshal(commands.Bytes(), &command); err != nil {
			panic(err)
		}
		result, err := p.do(command.Do, command.With)
		if err != nil {
			check(replies.Encode(map[string]string{"error": err.Error()}))
		} else {
			check(replies.Encode(map[string]interface{}{"result": result}))
		}
	}
}
