/** When something is counted. */
export interface Moment {
  /** Wall time in milliseconds since the Unix epoch, for those who read it. */
  readonly unixMs: number;
  /** Milliseconds of a clock that nobody can set, for ages. */
  readonly steadyMs: number;
}
