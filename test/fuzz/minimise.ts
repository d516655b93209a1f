/**
 * The shortest string found that still fails: parts are left out, from halves down to single characters, as long as something goes
 * (delta debugging), then every character is replaced by a plain "a" where that keeps the failure. Asks `fails` at most `limit` times.
 */
export async function minimise(text: string, fails: (text: string) => Promise<boolean>, limit: number = 3_000): Promise<string> {
  let characters = [...text];
  let asked = 0;
  const keeps = async (candidate: readonly string[]): Promise<boolean> => {
    if (candidate.length === 0 || asked >= limit) return false;
    asked++;
    return await fails(candidate.join(""));
  };
  for (let part = Math.ceil(characters.length / 2); part >= 1 && asked < limit; ) {
    let shorter = false;
    for (let at = 0; at < characters.length; ) {
      const without = [...characters.slice(0, at), ...characters.slice(at + part)];
      if (await keeps(without)) {
        characters = without;
        shorter = true;
      } else at += part;
    }
    if (!shorter) part = part === 1 ? 0 : Math.floor(part / 2);
  }
  for (let at = 0; at < characters.length; at++) {
    if (characters[at] === "a") continue;
    const plain = characters.with(at, "a");
    if (await keeps(plain)) characters = plain;
  }
  return characters.join("");
}
