/** A value that survives a round trip through JSON. Inputs, outputs and records are made of these alone. */
export type Serializable =
  | null
  | boolean
  | number
  | string
  | readonly Serializable[]
  | { readonly [key: string]: Serializable };

export type SerializableRecord = { readonly [key: string]: Serializable };
