// Compiles every AssemblyScript kernel to a .wasm beside its host code, so that the tests run from src and the build copies it.
// A kernel is a folder src/kernels/<name> with assembly/index.ts; the result is src/kernels/<name>/<name>.wasm. Needs no network,
// and the same sources give the same bytes. Run: node scripts/build-kernels.mjs [name ...]
import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const kernels = fileURLToPath(new URL("../src/kernels", import.meta.url));
const all = readdirSync(kernels).filter((name) => existsSync(`${kernels}/${name}/assembly/index.ts`));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;

for (const name of wanted) {
  if (!all.includes(name)) throw new Error(`build-kernels: there is no kernel "${name}"; there are ${all.join(", ")}`);
  const out = `${kernels}/${name}/${name}.wasm`;
  const flags = ["-O3", "--converge", "--noAssert", "--runtime", "stub", "--enable", "simd", "--enable", "bulk-memory"];
  const { error, stderr } = await asc.main([`${kernels}/${name}/assembly/index.ts`, "--outFile", out, ...flags]);
  if (error) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
  console.log(`${name}.wasm: ${statSync(out).size} bytes`);
}
