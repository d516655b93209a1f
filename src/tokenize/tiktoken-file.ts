import { type BpeVocabulary, parseTiktokenRanks } from "../kernels/bpe/index.ts";
import { TokenizerFormatError } from "./hf/errors.ts";

/**
 * Reads a `.tiktoken` file: a token in base64 and its rank on each line. The rank is the id, and says which merge goes first. The
 * file has no pattern and no special tokens; both belong to the encoding it is used for.
 *
 * Returns the vocabulary in the form that `createBpe` of the BPE kernel takes. Throws TokenizerFormatError that names the line
 * when the bytes are no such file, when a token or a rank comes twice, or when a byte has no token.
 */
export function readTiktoken(bytes: Uint8Array): BpeVocabulary {
  // The file is ASCII, so bytes are characters.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const vocabulary = parse(text);
  const ids = new Set<number>();
  for (const id of vocabulary.ids) {
    if (ids.has(id)) throw new TokenizerFormatError(`tokenizer: the rank ${id} comes twice in the .tiktoken file`);
    ids.add(id);
  }
  const tokens = new Set<string>();
  const packed = Buffer.from(vocabulary.bytes.buffer, vocabulary.bytes.byteOffset, vocabulary.bytes.byteLength);
  for (let i = 0; i < vocabulary.ids.length; i++) tokens.add(packed.toString("latin1", vocabulary.offsets[i], vocabulary.offsets[i + 1]));
  if (tokens.size < vocabulary.ids.length) throw new TokenizerFormatError("tokenizer: a token comes twice in the .tiktoken file");
  for (let byte = 0; byte < 256; byte++) {
    if (!tokens.has(String.fromCharCode(byte)))
      throw new TokenizerFormatError(`tokenizer: the .tiktoken file has no token for the byte ${byte}`);
  }
  return vocabulary;
}

function parse(text: string): BpeVocabulary {
  // A run of ranks ("! 0 IQ== ...") is the layout of another file.
  if (text.startsWith("!")) throw new TokenizerFormatError("tokenizer: this is a rank table of the tiktoken package, not a .tiktoken file");
  try {
    return parseTiktokenRanks(text);
  } catch (error) {
    if (error instanceof RangeError) throw new TokenizerFormatError(`tokenizer: not a .tiktoken file: ${error.message}`, { cause: error });
    throw error;
  }
}
