/** A function with its code. */
export interface FunctionCode {
  readonly address: number;
  readonly code: Uint8Array;
}
