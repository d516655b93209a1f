import type { WasmMemory } from "../wasm.ts";

/** What assembly/index.ts exports; its comments say what each does. Addresses are byte offsets into `memory`. */
export interface JsonExports {
  readonly memory: WasmMemory;
  createWindow(bytes: number): number;
  windowAddress(): number;
  stringsAddress(): number;
  membersAddress(): number;
  resultAddress(): number;
  valuesAddress(): number;
  textNameAddress(): number;
  idNameAddress(): number;
  keyLengthsAddress(): number;
  keyBytesAddress(): number;
  takeNames(text: number, id: number): number;
  takeKeys(count: number): number;
  line(from: number, length: number, byKeys: number): number;
}

/** Numbers of assembly/layout.ts: bytes of a name, 32-bit words of a result and of a value, how many keys, and their bytes. */
export const NAME_ROOM = 256;
const RESULT_WORDS = 10;
export const VALUE_WORDS = 3;
export const KEYS = 16;
export const KEY_ROOM = 1024;

/** Kinds of a value: assembly/members.ts. */
const NONE = 0;
const LATIN1 = 1;
const UTF16 = 2;
/** What `line` says of a line; less: it was called with what it does not take. */
export const REFUSED = 0;
export const READ = 1;

/** The methods behind `Buffer.toString`, without its look at the name of the encoding; @types/node leaves them out. */
interface Slices {
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/** Linear memory, until it grows. Places of 32-bit words count words. */
export interface Views {
  readonly bytes: Buffer & Slices;
  readonly words: Uint32Array;
  readonly window: number;
  readonly result: number;
  readonly values: number;
  readonly keyLengths: number;
  readonly keyBytes: number;
  readonly textName: number;
  readonly idName: number;
}

/** Views on the memory of an instance whose window is `room` bytes. Throws an Error for addresses outside of it. */
export function viewsOf(exports: JsonExports, room: number): Views {
  const { buffer } = exports.memory;
  const at = (address: number, bytes: number): number => {
    if (address === 0 || address + bytes > buffer.byteLength) throw new Error("json: the kernel gave an address outside its memory");
    return address;
  };
  at(exports.stringsAddress(), 2 * room);
  at(exports.membersAddress(), room);
  return {
    bytes: Buffer.from(buffer) as Buffer & Slices,
    words: new Uint32Array(buffer),
    window: at(exports.windowAddress(), room),
    result: at(exports.resultAddress(), 4 * RESULT_WORDS) / 4,
    values: at(exports.valuesAddress(), 4 * VALUE_WORDS * KEYS) / 4,
    keyLengths: at(exports.keyLengthsAddress(), 4 * KEYS) / 4,
    keyBytes: at(exports.keyBytesAddress(), KEY_ROOM),
    textName: at(exports.textNameAddress(), NAME_ROOM),
    idName: at(exports.idNameAddress(), NAME_ROOM),
  };
}

/** The value whose kind, address and length stand at word `at`. Throws a SyntaxError for JSON that is none. */
export function valueAt({ bytes, words }: Views, at: number): unknown {
  const kind = words[at] as number;
  const from = words[at + 1] as number;
  const length = words[at + 2] as number;
  if (kind === LATIN1) return bytes.latin1Slice(from, from + length);
  if (kind === UTF16) return bytes.ucs2Slice(from, from + 2 * length);
  return kind === NONE ? undefined : JSON.parse(bytes.utf8Slice(from, from + length));
}
