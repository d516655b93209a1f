/**
 * Texts on which another version of eld would show itself: each limit and each special case of its algorithm, from both sides,
 * and sentences cut at every word, whose scores pass the thresholds of reliability.
 */

const SENTENCES = [
  "The people of the valley went down to the river and came back with water, and nobody asked them why it was so cold.",
  "Die Leute aus dem Tal gingen zum Fluß hinunter und kamen mit Wasser zurück; Äpfel und Öl hatten sie auch dabei.",
  "Les gens de la vallée descendirent à la rivière et revinrent avec de l'eau, parce qu’il n’y en avait plus ici.",
  "Люди из долины спустились к реке и вернулись с водой, и никто не спросил их, почему она такая холодная.",
  "Οι ΆΝΘΡΩΠΟΙ ΤΗΣ ΚΟΙΛΑΔΑΣ κατέβηκαν στο ποτάμι και γύρισαν με νερό. ΟΔΟΣ’ ΣΟΦΟΣ ΣΑΣ'Α Σ",
  "İSTANBUL'DA vadinin insanları nehre indiler ve suyla döndüler; ĞÜŞIÖÇ harfleri de buradadır.",
  "山谷里的人们下到河边，带着水回来了。没有人问他们为什么水这么冷。",
  "谷の人々は川へ下りて、水を持って帰ってきた。なぜ冷たいのかは誰も聞かなかった。",
  "골짜기의 사람들은 강으로 내려가 물을 가지고 돌아왔다. 아무도 왜 그런지 묻지 않았다.",
  "نزل أهل الوادي إلى النهر وعادوا بالماء، ولم يسألهم أحد لماذا كان باردا.",
  "घाटी के लोग नदी तक गए और पानी लेकर लौटे, और किसी ने नहीं पूछा कि वह इतना ठंडा क्यों था।",
  "ผู้คนในหุบเขาลงไปที่แม่น้ำและกลับมาพร้อมกับน้ำ",
  "አማርኛ የሸለቆው ሰዎች ወደ ወንዙ ወርደው ውሃ ይዘው ተመለሱ",
];

const EDGES = [
  "",
  " ",
  "12345 67890",
  "a",
  "the",
  "a b",
  "the of",
  "the of and",
  "'",
  "don't ''a b' 'c \u2019\u2019d '1' `e`",
  "e'",
  "\ud800a\udc00 b\ud83d\ude00c \ud800",
  "ʻokina ʼn ɐbc əfɡ ʰʷ ǆ ǅ \u1e9e Ω K Å",
  "\u0000the\u00a0of\ufeffand\u3000to",
];

/** Texts for which two languages score nearly the same. */
const CLOSE = ["han og hun er", "det er en stor dag", "para de la casa", "kuća je velika", "na dom je", "saya dan anda"];

const DILUTED: readonly (readonly [string, number])[] = [
  ["The people of the valley went down to the river", 27],
  ["Les gens de la vallée descendirent", 12],
  ["Люди из долины спустились к реке", 37],
];

/** Lengths around which eld begins to treat a word, in bytes, or a text, in units, otherwise. */
const WORDS = [3, 4, 5, 8, 69, 70, 71, 72, 140];
const UNITS = [991, 992, 993, 994, 995, 996, 997, 998, 999, 1000];
const PREFIXES = [1, 2, 3, 5, 8, 13, 21];
/** Letters no language of eld has: each makes one unknown gram, so their number moves the score in small steps. */
const RUNES = Array.from({ length: 48 }, (_, i) => String.fromCharCode(0x16a0 + i));

/** The fixed list, about 170 texts. */
export function probes(): string[] {
  const texts = [...EDGES, ...CLOSE];
  for (const sentence of SENTENCES) {
    const words = sentence.split(/(?<=[ 、，])/);
    for (const count of PREFIXES) if (count === 1 || count / 1.7 < words.length) texts.push(words.slice(0, count).join(""));
  }
  for (const size of WORDS) {
    const word = "водой".repeat(20).slice(0, size);
    texts.push(`${"anderen".repeat(20).slice(0, size)} the`, `${word} the ${word}`, `${"x".repeat(size)}s the ${"x".repeat(size)}r`);
  }
  // The first space after byte 350 ends the text, and so does the letter that passes byte 380.
  for (const size of [8, 9, 10, 11, 12]) {
    const text = `${"the river ".repeat(34)}${"a".repeat(size)} dass`;
    texts.push(text, ` ${text}`, `${"ничего ".repeat(26)}${"в".repeat(size - 4)} dass`);
  }
  for (const size of [312, 313, 314]) {
    texts.push(
      `${"the river ".repeat(60).slice(0, size)} ${"anderen".repeat(12)}`,
      `${"the ".repeat(90).slice(0, size)} ${"ничего".repeat(12)}`,
    );
  }
  // What is read is limited in units, and digits and spaces count there, though together they become one space.
  for (const size of UNITS) texts.push(`${"the river ".padEnd(size, "1 ")}anderen dass`);
  for (const [sentence, least] of DILUTED) {
    for (let count = least; count < least + 6; count++) texts.push(`${sentence} ${RUNES.slice(0, count).join(" ")}`);
  }
  return texts;
}
