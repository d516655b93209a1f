// JSON lines that hold one document each, in linear memory: the functions that the host (kernel.ts) calls. The host makes a window, writes
// lines into it and asks for one after the other. Lengths and places that come from there are checked here.
import { ID_NAME, KEY_BYTES, KEY_LENGTHS, makeWindow, members, NAME_ROOM, RESULT, room, strings, TEXT_NAME, VALUES, WINDOW } from "./layout";
import { setKeys, setNames, takeMembers } from "./members";

const BAD_ARGUMENT: i32 = -1;

/** Makes room for `bytes` of lines. False without memory. */
export function createWindow(bytes: u32): bool { return makeWindow(bytes); }

export function windowAddress(): usize { return WINDOW; }
export function stringsAddress(): usize { return strings; }
export function membersAddress(): usize { return members; }
export function resultAddress(): usize { return RESULT; }
export function textNameAddress(): usize { return TEXT_NAME; }
export function idNameAddress(): usize { return ID_NAME; }
export function keyLengthsAddress(): usize { return KEY_LENGTHS; }
export function keyBytesAddress(): usize { return KEY_BYTES; }
export function valuesAddress(): usize { return VALUES; }

/** Takes the names that were written, in bytes of UTF-8; an id of no bytes: there is no field for it. */
export function takeNames(text: u32, id: u32): bool {
  if (text - 1 >= NAME_ROOM || id > NAME_ROOM) return false;
  setNames(text, id);
  return true;
}

/** Takes the `count` keys that were written, which is what the other members of the next lines are expected to be. */
export function takeKeys(count: u32): bool {
  return setKeys(count);
}

/**
 * Reads the line of `length` bytes at `from` in the window; see layout.ts for what it leaves, and members.ts for the answers. The byte behind the
 * line is overwritten with a line feed.
 */
export function line(from: u32, length: u32, byKeys: bool): i32 {
  if (from > room || length > room - from) return BAD_ARGUMENT;
  return takeMembers(WINDOW + from, WINDOW + from + length, byKeys);
}
