import { readFile } from "node:fs/promises";
import sucrase from "sucrase";

export async function load(url, context, nextLoad) {
  if (!url.endsWith(".ts") || url.includes("/node_modules/")) return nextLoad(url, context);
  const source = await readFile(new URL(url), "utf8");
  const { code } = sucrase.transform(source, { transforms: ["typescript"], disableESTransforms: true, filePath: url });
  return { format: "module", shortCircuit: true, source: code };
}
