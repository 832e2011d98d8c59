// path-link: an emulated path between two network namespaces, for the benchmark of paths. Whatever IP carries passes, so that
// TCP and our own packets meet the same rate, queue, losses and delays. scripts/bench/path-lab.mjs compiles and runs it, as root.
//
// path-link NAMESPACE_A NAMESPACE_B [--NAME VALUE]…
//   --rate B/s       --queue B       of the bottleneck of each direction; no rate: none
//   --delay MS       one way         --jitter MS   up to so much more, the order kept
//   --loss %         --burst N       mean run of losses
//   --late %         --late-ms MS    so many come up to so much later, and let others pass
//   --seed N
// Makes the device path0 in both: 10.98.0.1/30 and 10.98.0.2/30, MTU 1500. SIGUSR1 begins the measurement anew; SIGTERM
// ends it and prints one line of JSON, as link.mjs reports.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PACKETS = 65536, PACKET_BYTES = 1600, BATCH = 64 };
static const double IDLE_MS = 100, START_UP_MS = 3000;
/* Over this delay packets are let gather for a fifth of a millisecond. */
static const double COALESCED_DELAY_MS = 1;
enum { COALESCING_NS = 200000 };

typedef struct {
  double dueMs;
  uint64_t serial;
  int bytes;
  unsigned char data[PACKET_BYTES];
} Packet;

/* One direction: packets wait in a heap by the time at which they arrive, so that a late one lets others pass. */
typedef struct {
  int from, to;
  Packet **heap;
  int count;
  uint64_t serial;
  double freeAtMs, lastDueMs, seenAtMs, queueArea, laterArea;
  int isLosing;
  long lost, dropped, passed;
} Direction;

typedef struct {
  double rate, queue, delay, jitter, loss, burst, late, lateMs, seed;
} Conditions;

static volatile sig_atomic_t isOver = 0, isMarked = 0;
static void onEnd(int signal) { (void)signal; isOver = 1; }
static void onMark(int signal) { (void)signal; isMarked = 1; }

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double nowMs(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static uint64_t state = 0x9e3779b97f4a7c15ULL;

/* splitmix64: 0 <= x < 1 */
static double uniform(void) {
  uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static int isBefore(const Packet *one, const Packet *other) {
  return one->dueMs < other->dueMs || (one->dueMs == other->dueMs && one->serial < other->serial);
}

static void push(Direction *way, Packet *packet) {
  int at = way->count++;
  packet->serial = way->serial++;
  for (; at > 0 && isBefore(packet, way->heap[(at - 1) / 2]); at = (at - 1) / 2) way->heap[at] = way->heap[(at - 1) / 2];
  way->heap[at] = packet;
}

static Packet *pop(Direction *way) {
  Packet *first = way->heap[0], *last = way->heap[--way->count];
  int at = 0;
  for (;;) {
    int child = 2 * at + 1;
    if (child >= way->count) break;
    if (child + 1 < way->count && isBefore(way->heap[child + 1], way->heap[child])) child++;
    if (!isBefore(way->heap[child], last)) break;
    way->heap[at] = way->heap[child];
    at = child;
  }
  way->heap[at] = last;
  return first;
}

static int openDevice(const char *name, const char *address) {
  char text[256];
  snprintf(text, sizeof text, "/var/run/netns/%s", name);
  int space = open(text, O_RDONLY | O_CLOEXEC);
  if (space < 0 || setns(space, CLONE_NEWNET) != 0) fail(text);
  close(space);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (device < 0) fail("/dev/net/tun");
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strcpy(request.ifr_name, "path0");
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(device, TUNSETIFF, &request) != 0) fail("TUNSETIFF");
  snprintf(text, sizeof text, "ip link set lo up && ip address add %s dev path0 && ip link set path0 mtu 1500 txqueuelen 10000 up", address);
  if (system(text) != 0) exit(1);
  return device;
}

/* Adds what waited in the bottleneck since the last look, as an area of time by time. */
static void look(Direction *way, double atMs, double laterFromMs) {
  double spanMs = atMs - way->seenAtMs, waitMs = way->freeAtMs - way->seenAtMs;
  way->seenAtMs = atMs;
  if (waitMs <= 0 || spanMs <= 0) return;
  double area = waitMs <= spanMs ? waitMs * waitMs / 2 : (2 * waitMs - spanMs) * spanMs / 2;
  way->queueArea += area;
  if (atMs >= laterFromMs) way->laterArea += area;
}

/* Decides the fate of a packet that entered: nothing, or when it arrives. */
static void enter(Direction *way, Packet *packet, const Conditions *c, double atMs) {
  double leaves = c->loss / (c->burst * (1 - c->loss));
  if (c->burst <= 1) way->isLosing = uniform() < c->loss;
  else way->isLosing = way->isLosing ? uniform() >= 1 / c->burst : uniform() < leaves;
  double readyMs = atMs;
  if (way->isLosing) {
    way->lost++;
    free(packet);
    return;
  }
  if (c->rate > 0) {
    if (way->freeAtMs < atMs) way->freeAtMs = atMs;
    if ((way->freeAtMs - atMs) * c->rate / 1e3 + packet->bytes > c->queue) {
      way->dropped++;
      free(packet);
      return;
    }
    way->freeAtMs += packet->bytes * 1e3 / c->rate;
    readyMs = way->freeAtMs;
  }
  packet->dueMs = readyMs + c->delay + c->jitter * uniform();
  if (c->late > 0 && uniform() < c->late) packet->dueMs += c->lateMs * uniform();
  else if (packet->dueMs < way->lastDueMs) packet->dueMs = way->lastDueMs;
  else way->lastDueMs = packet->dueMs;
  push(way, packet);
}

static void readAll(Direction *way, const Conditions *c, double laterFromMs) {
  for (int index = 0; index < BATCH && way->count < MOST_PACKETS; index++) {
    Packet *packet = malloc(sizeof *packet);
    if (packet == NULL) fail("malloc");
    packet->bytes = (int)read(way->from, packet->data, PACKET_BYTES);
    if (packet->bytes <= 0) {
      free(packet);
      return;
    }
    double atMs = nowMs();
    look(way, atMs, laterFromMs);
    enter(way, packet, c, atMs);
  }
}

static void writeDue(Direction *way) {
  while (way->count > 0 && way->heap[0]->dueMs <= nowMs()) {
    Packet *packet = pop(way);
    if (write(way->to, packet->data, (size_t)packet->bytes) == packet->bytes) way->passed++;
    free(packet);
  }
}

static void setOption(Conditions *c, const char *name, double value) {
  if (!strcmp(name, "--rate")) c->rate = value;
  else if (!strcmp(name, "--queue")) c->queue = value;
  else if (!strcmp(name, "--delay")) c->delay = value;
  else if (!strcmp(name, "--jitter")) c->jitter = value;
  else if (!strcmp(name, "--loss")) c->loss = value / 100;
  else if (!strcmp(name, "--burst")) c->burst = value;
  else if (!strcmp(name, "--late")) c->late = value / 100;
  else if (!strcmp(name, "--late-ms")) c->lateMs = value;
  else if (!strcmp(name, "--seed")) c->seed = value;
  else {
    fprintf(stderr, "path-link: no option %s\n", name);
    exit(2);
  }
}

static void report(const char *name, const Direction *way, double spanMs) {
  double laterMs = spanMs - START_UP_MS;
  printf("\"%s\":{\"queueMs\":%.3f,\"laterQueueMs\":%.3f,\"lost\":%ld,\"dropped\":%ld,\"passed\":%ld}", name, way->queueArea / spanMs,
         laterMs > 0 ? way->laterArea / laterMs : 0, way->lost, way->dropped, way->passed);
}

int main(int argc, char **argv) {
  Conditions c = {.queue = 250e3, .burst = 1, .seed = 1};
  if (argc < 3) return 2;
  for (int index = 3; index + 1 < argc; index += 2) setOption(&c, argv[index], atof(argv[index + 1]));
  state ^= (uint64_t)c.seed * 0xd1342543de82ef95ULL;
  Direction ways[2];
  memset(ways, 0, sizeof ways);
  ways[0].from = ways[1].to = openDevice(argv[1], "10.98.0.1/30");
  ways[0].to = ways[1].from = openDevice(argv[2], "10.98.0.2/30");
  for (int k = 0; k < 2; k++)
    if ((ways[k].heap = malloc(sizeof(Packet *) * MOST_PACKETS)) == NULL) fail("malloc");
  // A bench that is killed takes its path with it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A path does not wait for a processor: where those whom it connects want all of them, packets would wait here instead, and
  // then overflow a queue that holds less than that. Who may not ask for this measures a path that stumbles.
  struct sched_param priority = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
  if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) perror("path-link: no real-time priority");
  signal(SIGTERM, onEnd);
  signal(SIGUSR1, onMark);
  double markMs = nowMs();
  printf("ready\n");
  fflush(stdout);
  struct pollfd polled[2] = {{ways[0].from, POLLIN, 0}, {ways[1].from, POLLIN, 0}};
  // As network cards do: without it each packet wakes this program, which has priority, and so takes the others' processors.
  const struct timespec coalescing = {0, COALESCING_NS};
  while (!isOver) {
    if (isMarked) {
      isMarked = 0;
      markMs = nowMs();
      for (int k = 0; k < 2; k++) {
        ways[k].lost = ways[k].dropped = ways[k].passed = 0;
        ways[k].queueArea = ways[k].laterArea = 0;
      }
    }
    double waitMs = IDLE_MS;
    for (int k = 0; k < 2; k++) {
      writeDue(&ways[k]);
      if (ways[k].count > 0 && ways[k].heap[0]->dueMs - nowMs() < waitMs) waitMs = ways[k].heap[0]->dueMs - nowMs();
    }
    if (waitMs < 0) waitMs = 0;
    if (c.delay >= COALESCED_DELAY_MS) nanosleep(&coalescing, NULL);
    struct timespec timeout = {0, (long)(waitMs * 1e6)};
    if (ppoll(polled, 2, &timeout, NULL) <= 0) continue;
    for (int k = 0; k < 2; k++)
      if (polled[k].revents & POLLIN) readAll(&ways[k], &c, markMs + START_UP_MS);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpuMs = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
  double spanMs = nowMs() - markMs;
  printf("{");
  report("towardB", &ways[0], spanMs);
  printf(",");
  report("towardA", &ways[1], spanMs);
  printf(",\"cpuMs\":%.1f}\n", cpuMs);
  return 0;
}
