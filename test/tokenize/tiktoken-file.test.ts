import { describe, expect, it } from "vitest";
import { createBpe } from "../../src/kernels/bpe/index.ts";
import { TokenizerFormatError } from "../../src/tokenize/hf/index.ts";
import { readTiktoken } from "../../src/tokenize/tiktoken-file.ts";

const line = (token: string | Uint8Array, rank: number): string => `${Buffer.from(token).toString("base64")} ${rank}\n`;
const single = Array.from({ length: 256 }, (_, byte) => line(Uint8Array.of(byte), 255 - byte)).join("");
const read = (text: string) => readTiktoken(new TextEncoder().encode(text));

describe("a .tiktoken file", () => {
  it("is read into a vocabulary whose ranks are ids", () => {
    const vocabulary = read(`${single}${line("th", 256)}${line("the", 257)}${line("中", 300)}`);
    const bpe = createBpe({ vocabulary, pattern: "r50k", backend: "js" });
    expect([...bpe.encode("the th中a")]).toEqual([257, 255 - 32, 256, 255 - 0xe4, 255 - 0xb8, 255 - 0xad, 255 - 97]);
  });

  it("may have its lines in any order, and other line ends", () => {
    const shuffled = `${line("the", 257)}${single}${line("th", 256)}`;
    expect(read(shuffled)).toEqual(read(`${single}${line("th", 256)}${line("the", 257)}`.replaceAll("\n", "\r\n")));
  });

  it("is refused when it is none, and the line is named", () => {
    const cases: readonly (readonly [text: string, about: RegExp])[] = [
      [`${single}not base64`, /line 257/],
      [`${single}dGg= many\n`, /line 257/],
      [`${single}${line("th", 5)}`, /rank 5 comes twice/],
      [`${single}${line("th", 256)}${line("th", 257)}`, /comes twice/],
      [single.slice(single.indexOf("\n") + 1), /no token for the byte 0/],
      ["! 0 IQ== Ig==", /not a \.tiktoken file/],
      ["", /./],
    ];
    for (const [text, about] of cases) {
      expect(() => read(text), text.slice(-20)).toThrow(TokenizerFormatError);
      expect(() => read(text), text.slice(-20)).toThrow(about);
    }
  });
});
