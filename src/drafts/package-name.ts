/** What a package may be called that comes from a folder of this name. */
export function packageName(folder: string): string {
  const plain = folder.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = plain.split(/[^a-z0-9]+/).filter((word) => word !== "");
  return words.join("-").slice(0, 100).replace(/-$/, "") || "model";
}
