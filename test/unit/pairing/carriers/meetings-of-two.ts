// Ann and Bob, who keep each other, as carriers know them.
import { ContactMeeting } from "../../../../src/trust/contact-meeting.ts";
import { generateOwnKey, type OwnKey } from "../../../../src/trust/signing.ts";

/** @returns the meeting as Ann has it, and as Bob has it */
export async function meetingsOfTwo(): Promise<[anns: ContactMeeting, bobs: ContactMeeting]> {
  const [ann, bob] = [generateOwnKey(), generateOwnKey()];
  return [await meetingOf(ann, bob, "Bob"), await meetingOf(bob, ann, "Ann")];
}

async function meetingOf(own: OwnKey, { publicKey }: OwnKey, name: string): Promise<ContactMeeting> {
  const meeting = await ContactMeeting.derive(own, { publicKey, name });
  if (meeting === undefined) throw new TypeError("no meeting");
  return meeting;
}
