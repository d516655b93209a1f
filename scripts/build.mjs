// `npm run build`: compile the kernels, then the library with plain tsc, then make the bin executable. npm is the only toolchain.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

// A file that was deleted or renamed in src must not live on in the package.
rmSync(`${root}/dist`, { recursive: true, force: true });
const kernels = `${root}/scripts/build-kernels.mjs`;
if (existsSync(kernels)) run(kernels);
run(`${root}/node_modules/typescript/bin/tsc`, "-p", "tsconfig.build.json");
const source = `${root}/src`;
cpSync(`${source}/kernels`, `${root}/dist/kernels`, {
  recursive: true,
  filter: (path) => !/\.ts$/.test(path) && !/assembly/.test(path.slice(source.length)),
});
chmodSync(`${root}/dist/cli/main.js`, 0o755);
