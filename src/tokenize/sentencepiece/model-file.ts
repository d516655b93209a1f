/** A SentencePiece `.model` file: sentencepiece_model.proto, the parts that decide ids and text. */
import { TokenizerFormatError } from "../hf/errors.ts";
import { bytesOf, fields, floatOf, numberOf } from "./protobuf.ts";

/** Kinds of pieces, as numbered in the file. */
export const PieceType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface Piece {
  readonly text: string;
  readonly score: number;
  readonly type: number;
}

/** How a text is rewritten before it is cut, or after it is put together. */
export interface NormalizerSpec {
  readonly charsmap: Uint8Array | undefined;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
}

export interface SentencePieceFile {
  /** The position is the id. */
  readonly pieces: readonly Piece[];
  /** 1 unigram, 2 BPE, 3 word, 4 character. */
  readonly modelType: number;
  readonly byteFallback: boolean;
  readonly whitespaceAsSuffix: boolean;
  /** What an unknown token decodes to. */
  readonly unknownSurface: string;
  /** Ids of the roles; -1 where the model has none. */
  readonly bos: number;
  readonly eos: number;
  readonly pad: number;
  readonly normalizer: NormalizerSpec;
  readonly denormalizer: NormalizerSpec | undefined;
}

/** Reads a model. Throws TokenizerFormatError when the bytes are none. */
export function readModelFile(bytes: Uint8Array): SentencePieceFile {
  const pieces: Piece[] = [];
  const trainer = { modelType: 1, byteFallback: false, whitespaceAsSuffix: false, unknownSurface: " \u2047 ", bos: 1, eos: 2, pad: -1 };
  let normalizer = readNormalizer(new Uint8Array(0));
  let denormalizer: NormalizerSpec | undefined;
  for (const { number, value } of fields(bytes)) {
    if (number === 1) pieces.push(readPiece(bytesOf(value)));
    else if (number === 2) readTrainer(bytesOf(value), trainer);
    else if (number === 3) normalizer = readNormalizer(bytesOf(value));
    else if (number === 5) denormalizer = readNormalizer(bytesOf(value));
  }
  if (pieces.length === 0) throw new TokenizerFormatError("tokenizer: the SentencePiece model has no pieces");
  return { pieces, ...trainer, normalizer, denormalizer };
}

function readPiece(bytes: Uint8Array): Piece {
  let text = "";
  let score = 0;
  let type: number = PieceType.normal;
  for (const { number, value } of fields(bytes)) {
    if (number === 1) text = utf8(bytesOf(value));
    else if (number === 2) score = floatOf(value);
    else if (number === 3) type = numberOf(value);
  }
  return { text, score, type };
}

function readTrainer(
  bytes: Uint8Array,
  out: {
    modelType: number;
    byteFallback: boolean;
    whitespaceAsSuffix: boolean;
    unknownSurface: string;
    bos: number;
    eos: number;
    pad: number;
  },
): void {
  for (const { number, value } of fields(bytes)) {
    if (number === 3) out.modelType = numberOf(value);
    else if (number === 24) out.whitespaceAsSuffix = numberOf(value) !== 0;
    else if (number === 35) out.byteFallback = numberOf(value) !== 0;
    else if (number === 41) out.bos = signed(numberOf(value));
    else if (number === 42) out.eos = signed(numberOf(value));
    else if (number === 43) out.pad = signed(numberOf(value));
    else if (number === 44) out.unknownSurface = utf8(bytesOf(value));
  }
}

function readNormalizer(bytes: Uint8Array): NormalizerSpec {
  let charsmap: Uint8Array | undefined;
  let [addDummyPrefix, removeExtraWhitespaces, escapeWhitespaces] = [true, true, true];
  for (const { number, value } of fields(bytes)) {
    if (number === 2) charsmap = bytesOf(value).length > 0 ? bytesOf(value) : undefined;
    else if (number === 3) addDummyPrefix = numberOf(value) !== 0;
    else if (number === 4) removeExtraWhitespaces = numberOf(value) !== 0;
    else if (number === 5) escapeWhitespaces = numberOf(value) !== 0;
  }
  return { charsmap, addDummyPrefix, removeExtraWhitespaces, escapeWhitespaces };
}

/** Negative numbers are written as 64-bit two's complement. */
function signed(value: number): number {
  return value >= 2 ** 63 ? -1 : value;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
