/** Files for the tests of `store` and `read`: temporary folders, zstd frames, and which files are open. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A temporary folder with forward slashes in its name, removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-read-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder.replaceAll("\\", "/");
}

/** The open files below a folder; undefined where the system does not tell. */
export function openFiles(folder: string): string[] | undefined {
  let descriptors: string[];
  try {
    descriptors = readdirSync("/proc/self/fd");
  } catch {
    return undefined;
  }
  return descriptors.flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // closed while we looked
    }
  });
}

/** A zstd frame that stores the bytes: valid, without needing a compressor. `window` is its exponent (2^10 to 2^41 bytes). */
export function storedZstdFrame(bytes: Uint8Array, options: { readonly blockBytes?: number; readonly window?: number } = {}): Buffer {
  const { blockBytes = 64 * 1024, window = 17 } = options;
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (window - 10) << 3])];
  for (let at = 0; ; at += blockBytes) {
    const block = Buffer.from(bytes.subarray(at, at + blockBytes));
    const last = at + blockBytes >= bytes.length;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (last ? 1 : 0), 0, 3);
    parts.push(header, block);
    if (last) return Buffer.concat(parts);
  }
}

/** A frame that decoders skip. */
export function skippableZstdFrame(bytes: Uint8Array): Buffer {
  const header = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** What the reference compressor (zstd 1.5.4, level 19, with a checksum) made of {@link goldenText}. */
export const GOLDEN_ZSTD: Buffer = Buffer.from(
  [
    "KLUv/QRoHA4ANtc4HqApwwH/WVX5kap2y9y1134A4EGkTFLKlIDFvXerFT8AKAAsAGb8WSSRQ5psSVLIO7O/imjGbiMWDAwFiIUGASNhAOGBwSg4cDAWJMDEQVFhLORYHA4R",
    "BQ5HwCEEx+IgQDgkAuPxdDocjozMnc38u1wmk8dj265rmhaL78z6t1qlUqdT121blpVK7xg8L5ffmf1VVVRUU1MuV6vFYklJ3Zn9RUVERENDJlOpRCIJCd2Z/TU1NDQzE2Z/",
    "XR0d3dycz9fr8Xhycndmf1kZGdnYmM1Wq9FoYmJ3Zn+9TqfP577f9wGAyqgxWH3/47CjJGMSOEGAlhUkHCOMCL9iCZdESvkrFubGII+hEN1y/ITTMM02MQHVWnsqYQqXeY+H",
    "uYKvNr0Ag0s8j0OOWF4lTDBCbyNSzxeRK8JpWPL/WEo3PlU5IQxM8j8GeGlyuoUBI+h2xTpHSq4SpvA5n45VXMHyhTAKzzyPQ560qtYTKMMT/+EAlyathFdgZraAZEI5ok6l",
    "gyPGWYYbQfVSCWxEWEsM1chhohhNKo4azeSXB5G7/kyG+btlA1wnCg7WRdGFQ94V0xDyeoRBktcjkIpTxg6wVSwQAOaYIwrA5RolW25h1VMCGQAgACIAUkoppZTy/////z/G",
    "GGOMMcYYY4wxxhjvApRSSimllFJKKaWU0jnnnHPOOeecc84555RSSimllFIG1lprrbXW1lprrbXWWmuttdZaKwiCIAiCIAiCFARBEARBGvfee++9995777333jAMwzAMwzAM",
    "wzAMwzAMQ2uttdZaawOAyqggxAegYiVQEnwSeATEMEn4XyXcCiSVD1TM9TAX3CLtbU6uVcyRZoFL9GjmdFWMHXEWXCIdbU6uVcxRZoFL9GjmdFWMy5G54ThKCZSFcGRzEr/R",
    "kQndjVTFuY3OiDYbkRa+RucGqxGRQFmYRjYnMRodmehnpCrOZnRGtMsIaeFkdG7wGGGsgEvNIxBvI81NHEaNTHcwoqrKX1RG1l5EWnEXnRuQi2gCVeEW0ZzEWlRksGeRVWXG",
    "ojIyfUWkFVvRuYFVRBOoCqmI5iSeokQGuxRZVeYoKiNrKCKt+InODXQiKoGqsIloTmImKjLYl8iqMitRGZlOItKKkejcwCOiCVSFRkRzEhdRkUGdiKwq8xCVkbUQkVYcROcG",
    "AhGVQFX4QzQnsQ8VGew9ZFWZeaiMrHcIacU6dG5gDtEEqkIcojmJb6jIoG5DUpW5hrLImoYgK56hZQNliAJQKYwhhJMYhiIM9hfSqMwuFELWLQSrRuAF4xuVEQDWsUoJwB0D",
    "JAlJ+N+5QgBMAEIAiqIoiqIoioqiKIqiKIq7u7u7u7u7u7u7qqqqqqqqqqqqqmEYhmEYhmEYhmEYhmEYhiAIgiAIgiAIgiAIgiAIghcBn+d5nud5nud5nud5nudpmqZpmqZp",
    "mqZpmqZpmqZZlmVZlmVZlmVZlmVZlmVJkiRJkiRJkiRJkiRJkiQ5juM4juM4juM4juM4juMoAbMsy7Isy7Isy7Isy7Isy/L////////////v7u7u7u7u7u7uHsdxHMdxHMdx",
    "HMdxHMdxDMMwDMMwDMMwDMMwDMMwBPd93/d93/d93/d93/d937Zt27Zt27Zt27atadu2Xdd1Xdd1Xdd1Xdd1Xdd1TdM0TdM0TdM0TdM0TdM0Pc/zPM/zPM/zPM/zPM9zgZXo",
    "4bM/BxI4QaBhkBBIwv+mcEokpQ9ZQBE3y607QgsXiS7pSoe40MXPBJTJgX4bpVpECy8KXdKVDlnhxb9JvtoDFlDEDcvdHVGFi6JLcqWGXHjxN5Kv9oAFKOJmubuFSMkQELP4",
    "N8nXPcACinCz3LojWrhI9JKudIgLL/4m6ekesIAi1ix37QgtXBRd0hUt5MKLXwuC6+VAm41SLaKFF4Uu6UqHrPDi3yRf7QELKOKG5e6OqMJF0SW5UkMuvPgbyVd7wAIUcbPc",
    "3UKkZAiI5cHi30i+7gEWUMTN0tYd0cJFoku6pkNcePE3yafbgAUUsWa5uyNo4aLokq7okAte/Jpk5jkBCKbxBg==",
  ].join(""),
  "base64",
);

/** 400 JSON lines. */
export function goldenText(): string {
  let text = "";
  for (let i = 0; i < 400; i++) text += `${JSON.stringify({ id: `d${i}`, text: `${i}: ${"the quick brown fox ".repeat(i % 7)}é` })}\n`;
  return text;
}

/** All bytes of a stream; its chunks live only until the next one. */
export async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

/** The bytes a stream yields before it fails, and the failure. */
export async function gatherUntilError(chunks: AsyncIterable<Uint8Array>): Promise<{ readonly bytes: Buffer; readonly error: unknown }> {
  const parts: Buffer[] = [];
  try {
    for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  } catch (error) {
    return { bytes: Buffer.concat(parts), error };
  }
  return { bytes: Buffer.concat(parts), error: undefined };
}
