// JSON lines that hold one document each, in linear memory: the functions that the host (kernel.ts) calls. The host makes a window, writes
// lines into it and asks for one after the other. Lengths and places that come from there are checked here.
import { ID_NAME, makeWindow, members, NAME_ROOM, RESULT, room, strings, TEXT_NAME, WINDOW } from "./layout";
import { setNames, takeMembers } from "./members";

const BAD_ARGUMENT: i32 = -1;

/** Makes room for `bytes` of lines. False without memory. */
export function createWindow(bytes: u32): bool { return makeWindow(bytes); }

export function windowAddress(): usize { return WINDOW; }
export function stringsAddress(): usize { return strings; }
export function membersAddress(): usize { return members; }
export function resultAddress(): usize { return RESULT; }
export function textNameAddress(): usize { return TEXT_NAME; }
export function idNameAddress(): usize { return ID_NAME; }

/** Takes the names that were written, in bytes of UTF-8; an id of no bytes: there is no field for it. */
export function takeNames(text: u32, id: u32): bool {
  if (text - 1 >= NAME_ROOM || id > NAME_ROOM) return false;
  setNames(text, id);
  return true;
}

/**
 * Reads the line of `length` bytes at `from` in the window; see members.ts for what it leaves. 1: done. 0: it is not a line of the usual kind,
 * perhaps not JSON at all, and nothing more is said of it. The byte behind the line is overwritten with a line feed.
 */
export function line(from: u32, length: u32): i32 {
  if (from > room || length > room - from) return BAD_ARGUMENT;
  return i32(takeMembers(WINDOW + from, WINDOW + from + length));
}
