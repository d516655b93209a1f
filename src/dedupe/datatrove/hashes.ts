/** The hashes of shingles in plain TypeScript, with BigInt: what the kernel is compared with, and what takes a shingle it cannot hold. */
import { createHash } from "node:crypto";
import type { ShingleHash } from "../../kernels/sketch/index.ts";

const M64 = (1n << 64n) - 1n;
const P: readonly [bigint, bigint, bigint, bigint, bigint] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
];
const Q = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;

/** The hash of a shingle's UTF-8, as datatrove has it. */
export function hashShingle(shingle: string | Uint8Array, hash: ShingleHash): bigint {
  const bytes = typeof shingle === "string" ? Buffer.from(shingle) : Buffer.from(shingle.buffer, shingle.byteOffset, shingle.length);
  if (hash === "xxh64") return xxh64(bytes);
  if (hash === "xxh32") return BigInt(xxh32(bytes));
  const digest = createHash("sha1").update(bytes).digest();
  return hash === "sha1-64" ? digest.readBigUInt64LE() : BigInt(digest.readUInt32LE());
}

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & M64;
}

function round(accumulator: bigint, lane: bigint): bigint {
  return (rotate((accumulator + lane * P[1]) & M64, 31n) * P[0]) & M64;
}

/** XXH64 with seed 0. */
function xxh64(bytes: Buffer): bigint {
  let at = 0;
  let h = P[4];
  if (bytes.length >= 32) {
    const lanes = [(P[0] + P[1]) & M64, P[1], 0n, (1n << 64n) - P[0]];
    for (; at + 32 <= bytes.length; at += 32) {
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i] as bigint, bytes.readBigUInt64LE(at + 8 * i));
    }
    h = lanes.reduce((sum, lane, i) => sum + rotate(lane, [1n, 7n, 12n, 18n][i] as bigint), 0n) & M64;
    for (const lane of lanes) h = ((h ^ round(0n, lane)) * P[0] + P[3]) & M64;
  }
  h = (h + BigInt(bytes.length)) & M64;
  for (; at + 8 <= bytes.length; at += 8) h = (rotate(h ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * P[0] + P[3]) & M64;
  if (at + 4 <= bytes.length) {
    h = (rotate(h ^ ((BigInt(bytes.readUInt32LE(at)) * P[0]) & M64), 23n) * P[1] + P[2]) & M64;
    at += 4;
  }
  for (; at < bytes.length; at++) h = (rotate(h ^ ((BigInt(bytes[at] as number) * P[4]) & M64), 11n) * P[0]) & M64;
  h = ((h ^ (h >> 33n)) * P[1]) & M64;
  h = ((h ^ (h >> 29n)) * P[2]) & M64;
  return h ^ (h >> 32n);
}

function rotate32(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** XXH32 with seed 0. */
function xxh32(bytes: Buffer): number {
  let at = 0;
  let h: number = Q[4];
  if (bytes.length >= 16) {
    const lanes = [Q[0] + Q[1], Q[1], 0, -Q[0]];
    for (; at + 16 <= bytes.length; at += 16) {
      for (let i = 0; i < 4; i++) {
        const sum = ((lanes[i] as number) + Math.imul(bytes.readUInt32LE(at + 4 * i), Q[1])) | 0;
        lanes[i] = Math.imul(rotate32(sum, 13), Q[0]);
      }
    }
    h = lanes.reduce((sum, lane, i) => (sum + rotate32(lane | 0, [1, 7, 12, 18][i] as number)) | 0, 0);
  }
  h = (h + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4) h = Math.imul(rotate32((h + Math.imul(bytes.readUInt32LE(at), Q[2])) | 0, 17), Q[3]);
  for (; at < bytes.length; at++) h = Math.imul(rotate32((h + Math.imul(bytes[at] as number, Q[4])) | 0, 11), Q[0]);
  h = Math.imul(h ^ (h >>> 15), Q[1]);
  h = Math.imul(h ^ (h >>> 13), Q[2]);
  return (h ^ (h >>> 16)) >>> 0;
}
