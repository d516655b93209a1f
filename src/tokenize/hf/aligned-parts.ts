import type { AlignedText } from "./aligned-text.ts";

/** The unit at which the character of each byte of the UTF-8 form begins. */
export function unitsOfBytes(text: string): number[] {
  const out: number[] = [];
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0;
    for (let bytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4; bytes > 0; bytes--) out.push(at);
    at += point > 0xffff ? 2 : 1;
  }
  return out;
}

/** The parts of an aligned text that a search for added tokens found. */
export function slices(text: AlignedText, parts: readonly number[] | undefined): { readonly text: AlignedText; readonly id: number }[] {
  // The reference slices even where nothing was found: the text then begins where its first character came from.
  if (parts === undefined) return [{ text: text.slice(0, text.text.length), id: -1 }];
  const out: { text: AlignedText; id: number }[] = [];
  for (let i = 0; i < parts.length; i += 3) {
    const slice = text.slice(parts[i] ?? 0, parts[i + 1] ?? 0);
    if (slice.text !== "") out.push({ text: slice, id: parts[i + 2] ?? -1 });
  }
  return out;
}
