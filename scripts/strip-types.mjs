import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Tests start many processes and threads that load the same files: each is transformed once, and kept under the hash of its text.
const CACHE = join(tmpdir(), `millrace-types-${process.getuid?.() ?? "x"}`);
let sucrase;

export async function load(url, context, nextLoad) {
  if (!url.endsWith(".ts") || url.includes("/node_modules/")) return nextLoad(url, context);
  const source = await readFile(new URL(url), "utf8");
  return { format: "module", shortCircuit: true, source: await stripped(source, url) };
}

async function stripped(source, url) {
  const path = join(CACHE, `${createHash("sha256").update(source).digest("hex")}.js`);
  try {
    return await readFile(path, "utf8");
  } catch {
    sucrase ??= (await import("sucrase")).default;
    const { code } = sucrase.transform(source, { transforms: ["typescript"], disableESTransforms: true, filePath: url });
    await mkdir(CACHE, { recursive: true, mode: 0o700 });
    const temporary = `${path}.${process.pid}.${Math.random()}`;
    await writeFile(temporary, code);
    await rename(temporary, path);
    return code;
  }
}
