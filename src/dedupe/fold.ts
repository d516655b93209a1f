/**
 * The fold of one code point, which makes two spellings of the same word equal: case, diacritics and compatibility forms
 * go, and every code point is sorted into one of the classes below. The fold looks at nothing but the code point, so a
 * kernel can hold it as a table. It is built from the Unicode data of the running Node, page by page on first use
 * (about 0.1 ms for 256 code points), and nothing is shipped; its results therefore belong to one Unicode version.
 *
 * Fold of c: NFKD(c); of each code point d of that, lower(upper(lower(d))), which also makes ß "ss" and final sigma a
 * sigma; NFKD again; then the class of each code point:
 *
 * 1. Default_Ignorable, Cf                                       skip
 * 2. White_Space, Cc                                             space
 * 3. Mn or Me of the scripts Inherited, Common, Latin, Greek,
 *    Cyrillic, Arabic, Hebrew, Syriac (accents, vowel points)    skip; but U+3099 and U+309A (kana voicing) extend
 * 4. every other M (Indic and Thai vowel signs are not accents)  extend
 * 5. P, Sm, Sc, Sk                                               symbol
 * 6. N that is not Ideographic                                   letter
 * 7. Ideographic, a script written without spaces, So (emoji),
 *    Cn, Co (what this Unicode version does not know)            solo
 * 8. the rest                                                    letter
 *
 * Composed and decomposed spellings fold alike. Marks that stand in another than their canonical order are not reordered
 * (that needs more than one code point); text in NFC or NFD has none of practical meaning.
 *
 * Turned down: dropping every Mn, as NFD-and-strip does, because it deletes vowels of Hindi and the voicing of Japanese;
 * normalising the whole text first, because a kernel would need the full composition algorithm for it.
 */

/** White space and controls: end a word. */
export const SPACE = 0;
/** Vanishes, as if it had not been there. */
export const SKIP = 1;
/** Part of a word. */
export const LETTER = 2;
/** A word of its own: an ideograph, a kana, a Thai letter, an emoji. */
export const SOLO = 3;
/** A mark that belongs to the letter or the solo before it. */
export const EXTEND = 4;
/** Punctuation: ends a word, or is one where punctuation counts. */
export const SYMBOL = 5;
/** Only in packed entries: the fold is several entries, see {@link expansion}. */
export const SEVERAL = 6;

/** A packed entry: the class above these bits, the code point (or the number of the expansion) in them. */
export const CLASS_SHIFT = 21;
export const CODE_POINT_MASK = 0x1f_ffff;

/** The Unicode version of the fold: that of the running Node. */
export const UNICODE_VERSION: string = process.versions["unicode"] ?? "none";

const IGNORABLE = /^[\p{Default_Ignorable_Code_Point}\p{Cf}]$/u;
const SPACES = /^[\p{White_Space}\p{Cc}]$/u;
const MARK = /^\p{M}$/u;
const ACCENT =
  /^(?=[\p{Mn}\p{Me}])[\p{sc=Inherited}\p{sc=Common}\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Arabic}\p{sc=Hebrew}\p{sc=Syriac}]$/u;
const KANA_VOICING = /^[\u3099\u309a]$/u;
const PUNCTUATION = /^[\p{P}\p{Sm}\p{Sc}\p{Sk}]$/u;
const NUMBER = /^(?!\p{Ideographic})\p{N}$/u;
// Tibetan is absent: its syllables are parted by tsheg, which is punctuation. Han is named beside Ideographic for 々 and radicals.
const ALONE =
  /^[\p{Ideographic}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{sc=Bopomofo}\p{sc=Yi}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Tai_Le}\p{sc=New_Tai_Lue}\p{sc=Tai_Tham}\p{sc=Tai_Viet}\p{sc=Ahom}\p{So}\p{Cn}\p{Co}]$/u;

function classOf(character: string): number {
  if (IGNORABLE.test(character)) return SKIP;
  if (SPACES.test(character)) return SPACE;
  if (KANA_VOICING.test(character)) return EXTEND;
  if (ACCENT.test(character)) return SKIP;
  if (MARK.test(character)) return EXTEND;
  if (PUNCTUATION.test(character)) return SYMBOL;
  if (NUMBER.test(character)) return LETTER;
  return ALONE.test(character) ? SOLO : LETTER;
}

/** A class and a code point. */
export interface Folded {
  readonly class: number;
  readonly codePoint: number;
}

/** The fold as data: classes and code points, in order; those that vanish are left out. */
export function foldOf(codePoint: number): readonly Folded[] {
  // A surrogate cannot stand in UTF-8; encoders write U+FFFD for it, and so does the fold.
  const safe = codePoint >= 0xd800 && codePoint <= 0xdfff ? 0xfffd : codePoint;
  const folded: Folded[] = [];
  for (const part of String.fromCodePoint(safe).normalize("NFKD")) {
    for (const character of part.toLowerCase().toUpperCase().toLowerCase().normalize("NFKD")) {
      const kind = classOf(character);
      if (kind !== SKIP) folded.push({ class: kind, codePoint: character.codePointAt(0) ?? 0 });
    }
  }
  return folded;
}

/** The folds that are several entries. */
const expansions: (readonly number[])[] = [];

const pages: (Uint32Array | undefined)[] = new Array(0x1100).fill(undefined);

/** The packed entry of a code point. */
export function foldEntry(codePoint: number): number {
  const page = pages[codePoint >>> 8] ?? buildPage(codePoint >>> 8);
  return page[codePoint & 0xff] as number;
}

/** Ideographs and nothing else; none of them is anything but solo. Text of a few languages needs a hundred such pages. */
const IDEOGRAPHS = /^(?:(?=\p{Lo})\p{Ideographic})+$/u;

function buildPage(number: number): Uint32Array {
  const page = new Uint32Array(256);
  pages[number] = page;
  const first = number * 256;
  const text = Array.from({ length: 256 }, (_, i) => String.fromCodePoint(first + i)).join("");
  if (IDEOGRAPHS.test(text) && text.normalize("NFKD") === text) {
    for (let i = 0; i < 256; i++) page[i] = (SOLO << CLASS_SHIFT) | (first + i);
    return page;
  }
  for (let i = 0; i < 256; i++) page[i] = packed(foldOf(first + i));
  return page;
}

function packed(parts: readonly Folded[]): number {
  const [first] = parts;
  if (first === undefined) return SKIP << CLASS_SHIFT;
  if (parts.length === 1) return (first.class << CLASS_SHIFT) | first.codePoint;
  expansions.push(parts.map((part) => (part.class << CLASS_SHIFT) | part.codePoint));
  return (SEVERAL << CLASS_SHIFT) | (expansions.length - 1);
}

/** A page as one array, with its expansions behind it, for a kernel: a {@link SEVERAL} entry holds the index of its expansion's length. */
export function foldPage(number: number): Uint32Array {
  if (number >= FIRST_HANGUL_PAGE && number <= LAST_HANGUL_PAGE) return hangulPage(number);
  const entries = pages[number] ?? buildPage(number);
  const several: number[] = [];
  for (let i = 0; i < 256; i++) if ((entries[i] as number) >>> CLASS_SHIFT === SEVERAL) several.push(i);
  const all = several.map((i) => expansion((entries[i] as number) & CODE_POINT_MASK));
  const page = new Uint32Array(all.reduce((sum, parts) => sum + parts.length + 1, 256));
  page.set(entries);
  for (let k = 0, at = 256; k < several.length; k++) {
    const parts = all[k] as readonly number[];
    page[several[k] as number] = (SEVERAL << CLASS_SHIFT) | at;
    page[at] = parts.length;
    page.set(parts, at + 1);
    at += parts.length + 1;
  }
  return page;
}

/** The pages of Hangul syllables and nothing else. */
const FIRST_HANGUL_PAGE = 0xac;
const LAST_HANGUL_PAGE = 0xd6;

/** Syllables decompose by arithmetic, for good (Unicode, 3.12); a text that names Korean places soon needs all 43 of these pages. */
function hangulPage(number: number): Uint32Array {
  const page = new Uint32Array(256 + 4 * 256);
  let at = 256;
  for (let i = 0; i < 256; i++) {
    const syllable = number * 256 + i - 0xac00;
    const vowel = Math.floor(syllable / 28);
    const final = syllable % 28;
    page[i] = (SEVERAL << CLASS_SHIFT) | at;
    page[at++] = final === 0 ? 2 : 3;
    page[at++] = foldEntry(0x1100 + Math.floor(vowel / 21));
    page[at++] = foldEntry(0x1161 + (vowel % 21));
    if (final !== 0) page[at++] = foldEntry(0x11a7 + final);
  }
  return page.subarray(0, at);
}

/** The entries behind a {@link SEVERAL} entry. */
export function expansion(index: number): readonly number[] {
  return expansions[index] as readonly number[];
}
