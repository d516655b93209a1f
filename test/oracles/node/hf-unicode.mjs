/**
 * Writes src/tokenize/hf/unicode-data.ts: the character classes of Hugging Face `tokenizers`, read out of the native package
 * code point by code point. The library mixes five Unicode versions (one per Rust crate it is built from), none of them that of
 * the Node at hand, so each class is probed where it is used, never taken from a table of a named version.
 *
 * Run: (cd test/oracles/node && npm ci) && node test/oracles/node/hf-unicode.mjs && npx biome check --write src/tokenize/hf
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import hf from "tokenizers";

const require = createRequire(import.meta.url);
const version = JSON.parse(readFileSync(require.resolve("tokenizers/package.json"), "utf8")).version;

const points = [];
for (let p = 0; p < 0x110000; p++) if (p < 0xd800 || p > 0xdfff) points.push(p);
const chars = points.map((p) => String.fromCodePoint(p));
const everything = chars.join("");

const tokenizer = (parts) =>
  hf.Tokenizer.fromString(
    JSON.stringify({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
      model: { type: "WordLevel", vocab: { "<unk>": 0 }, unk_token: "<unk>" },
      ...parts,
    }),
  );
const normalizer = (description) => {
  const native = tokenizer({ normalizer: description }).getNormalizer();
  return (text) => native.normalizeString(text);
};
const preTokenizer = (description) => {
  const native = tokenizer({ pre_tokenizer: description }).getPreTokenizer();
  return (text) => native.preTokenizeString(text).map(([piece]) => piece);
};
const setOf = (text) => new Set([...text].map((c) => c.codePointAt(0)));
const complement = (set) => new Set(points.filter((p) => !set.has(p)));
/** Members of an Oniguruma class: what is left when everything else is replaced by nothing. */
const onig = (cls) => setOf(normalizer({ type: "Replace", pattern: { Regex: `[^${cls}]` }, content: "" })(everything));
/** Code points for which `test` holds, each probed alone. */
const each = (test) => new Set(points.filter((p, i) => test(chars[i], p)));

/** A partition as runs: a letter for the class of each run, then its length in base 36 unless it is one. */
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#%&*+,-.:;<=>?@[]^_{|}~";
function runs(classOf) {
  let out = "";
  for (let start = 0; start < 0x110000; ) {
    const cls = classOf(start);
    let end = start + 1;
    while (end < 0x110000 && classOf(end) === cls) end++;
    out += letters[cls] + (end - start > 1 ? (end - start).toString(36) : "");
    start = end;
  }
  return out;
}
const setRuns = (set) => runs((p) => (set.has(p) ? 1 : 0));

// --- Oniguruma (the regexes of Split and Replace)
const categories = "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cs".split(" ");
const category = new Uint8Array(0x110000);
for (const [index, name] of categories.entries()) {
  if (name === "Cn" || name === "Cs") continue;
  for (const p of onig(`\\p{${name}}`)) category[p] = index;
}
category.fill(categories.indexOf("Cs"), 0xd800, 0xe000);
const scriptNames =
  `Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi
Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot
Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Garay Georgian Glagolitic
Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic
Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer
Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen
Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean
Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian
Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa
Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo
Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh
Tirhuta Todhri Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square`.split(/\s+/);
/** A script as "first-last" ranges in base 36, each number relative to the one before. */
function ranges(set) {
  const out = [];
  let last = 0;
  for (let start = 0; start < 0x110000; start++) {
    if (!set.has(start)) continue;
    let end = start;
    while (set.has(end + 1)) end++;
    out.push((start - last).toString(36) + (end > start ? `-${(end - start).toString(36)}` : ""));
    last = end;
    start = end;
  }
  return out.join(" ");
}
const scripts = scriptNames.map((name) => `${name}:${ranges(onig(`\\p{${name}}`))}`);

const sets = {
  onigWord: ["`\\w` of Oniguruma", setOf(normalizer({ type: "Replace", pattern: { Regex: "\\W" }, content: "" })(everything))],
  onigAlphabetic: ["`\\p{Alphabetic}` and `[[:alpha:]]` of Oniguruma", onig("[:alpha:]")],
};
const space = onig("\\s");
const category2 = (name) => each((_, p) => category[p] === categories.indexOf(name));
const same = (a, b) => a.size === b.size && [...a].every((p) => b.has(p));
const inClass = new Set([...sets.onigWord[1]].filter((p) => !"\u00b2\u00b3\u00b9\u00bc\u00bd\u00be".includes(String.fromCodePoint(p))));
if (!same(onig("\\w"), inClass)) throw new Error("\\w within a class is not what regex.ts takes it for");
if (!same(onig("\\d"), category2("Nd"))) throw new Error("\\d is not Nd");
if (!same(onig("[:alpha:]"), onig("\\p{Alphabetic}"))) throw new Error("[:alpha:] is not Alphabetic");

// --- Rust's char methods
const spaces = complement(setOf(preTokenizer({ type: "WhitespaceSplit" })(everything).join("")));
if (!same(spaces, space)) throw new Error("char::is_whitespace is not the \\s of Oniguruma");
sets.space = ["`char::is_whitespace`, and `\\s` of Oniguruma and of the regex crate", spaces];
const digits = preTokenizer({ type: "Digits", individual_digits: true });
sets.numeric = ["`char::is_numeric`", each((c) => digits(`a${c}`).length === 2)];
const lower = normalizer({ type: "Lowercase" });
// The host's mapping is used where it agrees; elsewhere a character has no mapping (it is newer than the reference's table).
const lowerInert = each((c) => lower(c) !== c.toLowerCase());
for (const p of lowerInert) {
  const c = String.fromCodePoint(p);
  if (lower(c) !== c) throw new Error(`lower case of ${p.toString(16)} is not the host's`);
}
for (const p of each((c) => /\p{Cn}/u.test(c))) lowerInert.add(p);
sets.lowerInert = ["code points that have no lower case in the reference, though some Unicode version may give them one", lowerInert];

// --- unicode_categories (BERT)
const clean = normalizer({ type: "BertNormalizer", clean_text: true, handle_chinese_chars: false, strip_accents: false, lowercase: false });
sets.bertControl = ["what BertNormalizer's clean_text removes", each((c) => clean(c) === "")];
const accents = normalizer({
  type: "BertNormalizer",
  clean_text: false,
  handle_chinese_chars: false,
  strip_accents: true,
  lowercase: false,
});
const nfd = normalizer({ type: "NFD" });
sets.bertAccent = [
  "what BertNormalizer's strip_accents removes: Mn of the unicode_categories crate",
  each((c) => nfd(c) === c && accents(c) === ""),
];
const chinese = normalizer({
  type: "BertNormalizer",
  clean_text: false,
  handle_chinese_chars: true,
  strip_accents: false,
  lowercase: false,
});
sets.bertChinese = ["characters BertNormalizer puts spaces around", each((c) => chinese(c) !== c)];
const punctuation = preTokenizer({ type: "Punctuation", behavior: "Isolated" });
sets.punctuation = [
  "Punctuation and BertPreTokenizer: ASCII punctuation and P of the unicode_categories crate",
  each((c) => punctuation(`${c}a`).length === 2),
];

// --- unicode-normalization-alignments
const stripAccents = normalizer({ type: "StripAccents" });
sets.combiningMark = ["StripAccents: M of the unicode-normalization crate", complement(setOf(stripAccents(everything)))];
const forms = ["NFC", "NFD", "NFKC", "NFKD"].map((type) => [type, normalizer({ type })]);
const inert = new Set();
for (const [i, p] of points.entries()) {
  const c = chars[i];
  // Alone, and between two marks: the last one shows whether the combining class is zero.
  for (const probe of [c, `a\u0345${c}\u0334`]) {
    for (const [type, native] of forms) {
      if (native(probe) === probe.normalize(type)) continue;
      if (native(c) !== c || native(`a\u0345${c}\u0334`) !== `a\u0345${c}\u0334`) throw new Error(`${p.toString(16)} is not inert`);
      inert.add(p);
    }
  }
}
// Characters that newer versions compose from two parts, where the first part is as new as the composite.
for (const p of [...inert]) {
  const [first, second, ...more] = String.fromCodePoint(p).normalize("NFD");
  if (second === undefined || more.length > 0) continue;
  if (forms[0][1](first + second) !== first + second) throw new Error(`${p.toString(16)} is composed`);
  inert.add(first.codePointAt(0));
}
for (const p of each((c) => /\p{Cn}/u.test(c))) inert.add(p);
for (const p of inert) {
  const c = String.fromCodePoint(p);
  for (const [, native] of forms) if (native(c) !== c || native(`a\u0345${c}\u0334`) !== `a\u0345${c}\u0334`) throw new Error("not inert");
}
sets.normalizationInert = [
  "code points that the reference's NFC, NFD, NFKC and NFKD (Unicode 9) leave alone, though some Unicode version may not",
  inert,
];

// --- the regex crate
const words = preTokenizer({ type: "Whitespace" });
sets.regexWord = ["`\\w` of the regex crate (Whitespace, and `single_word` of added tokens)", each((c) => words(`a${c}`)[0] === `a${c}`)];

// --- unicode-segmentation: which characters share a grapheme. The charsmap rewrites every string that begins with a lead byte to
// "y", so that each looked-up unit shows as one "y": a grapheme of less than six bytes is one unit, a longer one a unit a character.
function probeMap() {
  // A double array of one level: the root at 0 with offset 256, its children at 256 ^ byte, their values at 512 ^ 0.
  const units = new Uint32Array(1024);
  units[0] = 256 << 10;
  for (let byte = 1; byte < 256; byte++) units[256 ^ byte] = ((256 ^ byte ^ 512) << 10) | (1 << 8) | byte;
  units[512] = 0x80000000;
  const head = Buffer.alloc(4);
  head.writeUInt32LE(units.byteLength);
  return Buffer.concat([head, Buffer.from(units.buffer), Buffer.from("y\0")]).toString("base64");
}
const units = (() => {
  const native = normalizer({ type: "Precompiled", precompiled_charsmap: probeMap() });
  return (text) => native(text).length;
})();
if (units("ab") !== 2 || units("a\u0301") !== 1 || units("\r\n") !== 1) throw new Error("the probe of graphemes does not work");
const joins = each((c) => units(`a${c}`) === 1);
sets.graphemeExtend = ["characters that join the grapheme before them: Extend, SpacingMark, ZWJ", joins];
sets.graphemePrepend = ["characters that the next character joins: Prepend", each((c) => c !== "\r" && units(`${c}a`) === 1)];
// Extended pictographs after a ZWJ: the six bytes of "(c) ZWJ x" are looked up one by one, where a break leaves "(c) ZWJ" whole.
const zwj = "\u00a9\u200d";
sets.pictographic = ["Extended_Pictographic", each((c, p) => !joins.has(p) && units(zwj + c) === 3)];
// Controls stand alone even before a mark.
sets.graphemeControl = [
  "Control, CR and LF of the grapheme rules",
  each((c, p) => !joins.has(p) && p < 0x10000 && units(`${c}\u0301`) === 2),
];
// Indic conjuncts: consonant, virama, consonant in one grapheme. Seen only where the last one with a mark has less than six bytes.
sets.conjunctConsonant = [
  "InCB=Consonant, up to U+FFFF",
  each((c, p) => !joins.has(p) && p < 0x10000 && c.length === 1 && Buffer.byteLength(c) === 3 && units(`\u0915\u094d${c}\u0301`) === 4),
];
sets.conjunctLinker = ["InCB=Linker", each((c, p) => joins.has(p) && units(`\u0915${c}\u0915\u0301`) === 4)];
sets.conjunctExtend = [
  "what may stand beside a linker: InCB=Linker or Extend",
  each((c, p) => joins.has(p) && units(`\u0915\u094d${c}\u0915\u0301`) === 5),
];

// --- UnicodeScripts: a script of its own numbering, found by comparing with one representative of each.
const cut = preTokenizer({ type: "UnicodeScripts" });
const representatives = [];
const scriptOf = new Uint8Array(0x110000);
const together = (a, b) => cut(a + b).length === 1;
let previous = "";
for (const [i, p] of points.entries()) {
  const c = chars[i];
  // "Any" is neutral: it goes with both of two characters that do not go together.
  if (together("a", c) && together("\u03b1", c)) continue;
  if (previous !== "" && scriptOf[p - 1] > 0 && together(previous, c)) scriptOf[p] = scriptOf[p - 1];
  else {
    let known = representatives.findIndex((r) => together(r, c));
    if (known === -1) known = representatives.push(c) - 1;
    scriptOf[p] = known + 1;
  }
  previous = c;
}

const lines = (text) => (text.match(/.{1,128}/g) ?? [""]).map((line) => `  ${JSON.stringify(line)}`).join(" +\n");
let out = `/*
 * GENERATED by test/oracles/node/hf-unicode.mjs from the npm package tokenizers ${version}: do not edit.
 *
 * Sets and partitions are runs over all code points: a letter for the class, then the length of the run in base 36 unless it is
 * one. In a set, A is outside and B inside.
 */

/** General categories in the order of the letters ${letters.slice(0, categories.length)}. */
export const categoryNames: string = ${JSON.stringify(categories.join(" "))};

/** General category of each code point, as Oniguruma has it (Unicode 16). */
export const categoryRuns: string =
${lines(runs((p) => category[p]))};

/** Scripts of Oniguruma: a name, then ranges; numbers in base 36, each relative to the one before. */
export const scriptRanges: string =
${lines(scripts.join(";"))};

/** The scripts that the pre-tokenizer UnicodeScripts tells apart, as ranges; what is in none goes with anything. */
export const segmentScripts: string =
${lines(representatives.map((_, k) => ranges(each((_, p) => scriptOf[p] === k + 1))).join(";"))};

/** Which sets there are. */
export type SetName =
${Object.keys(sets)
  .map((name) => `  | "${name}"`)
  .join("\n")};

/** Sets of code points. */
export const setRuns: Readonly<Record<SetName, string>> = {
`;
for (const [name, [note, set]] of Object.entries(sets))
  out += `  /** ${note} */\n  ${name}:\n${lines(setRuns(set)).replaceAll(/^ {2}/gm, "    ")},\n`;
out += "};\n";
writeFileSync(new URL("../../../src/tokenize/hf/unicode-data.ts", import.meta.url), out);
for (const [name, [, set]] of Object.entries(sets)) console.log(name, set.size, setRuns(set).length);
console.log(
  "categories",
  runs((p) => category[p]).length,
  "scripts",
  scripts.join(";").length,
  "segment scripts",
  representatives.length,
  "file",
  out.length,
);
