import { createHash, generateKeyPairSync, sign } from "node:crypto";

/** A key that signs what apt reads, and its public part as `Signed-By` takes it (RFC 4880, version 4 packets, RSA). */
export function makeSigningKey() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  const created = 1_600_000_000;
  const body = Buffer.concat([
    Buffer.from([4, ...big32(created), 1]),
    integer(Buffer.from(n, "base64url")),
    integer(Buffer.from(e, "base64url")),
  ]);
  const framed = Buffer.concat([Buffer.from([0x99, body.length >> 8, body.length & 0xff]), body]);
  const fingerprint = createHash("sha1").update(framed).digest();
  const user = Buffer.from("mlpackage rig <rig@example.com>");

  /** A signature of a type over some bytes. */
  function signatureOf(type: number, signed: Buffer): Buffer {
    const subpackets = Buffer.from([
      ...[5, 2, ...big32(created + 1)],
      ...(type === CERTIFICATION ? [2, 27, 0x03] : []),
      ...[9, 16, ...fingerprint.subarray(12)],
    ]);
    const hashed = Buffer.concat([Buffer.from([4, type, 1, SHA256, 0, subpackets.length]), subpackets]);
    const trailer = Buffer.from([4, 0xff, ...big32(hashed.length)]);
    const input = Buffer.concat([signed, hashed, trailer]);
    const digest = createHash("sha256").update(input).digest();
    return packet(2, [
      hashed,
      Buffer.from([0, 0]),
      digest.subarray(0, 2),
      integer(sign("sha256", input, privateKey)),
    ]);
  }

  const certified = Buffer.concat([framed, Buffer.from([0xb4, ...big32(user.length)]), user]);
  return {
    publicKey: Buffer.concat([packet(6, [body]), packet(13, [user]), signatureOf(CERTIFICATION, certified)]),
    /** A signature beside a file, as `Release.gpg` is. */
    sign: (content: Buffer): Buffer => armored(signatureOf(OF_FILE, content)),
  };
}

const [OF_FILE, CERTIFICATION, SHA256] = [0x00, 0x13, 8];

/** As a text, which is all that apt takes. */
function armored(bytes: Buffer): Buffer {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  const around = (word: string) => `-----${word} PGP SIGNATURE-----`;
  return Buffer.from([around("BEGIN"), "", ...lines, around("END"), ""].join("\n"));
}

function big32(value: number): readonly number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
}

/** Length in bits, and the bytes without zeros before them. */
function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const kept = bytes.subarray(first);
  const bits = kept.length * 8 - Math.clz32(kept[0] ?? 0) + 24;
  return Buffer.concat([Buffer.from([bits >> 8, bits & 0xff]), kept]);
}

function packet(tag: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0xc0 | tag, 0xff, ...big32(body.length)]), body]);
}
