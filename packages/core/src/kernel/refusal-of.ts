import { BeylaError } from '../errors.ts';

/** What the kernel or the host refused; what is no such error is a fault of ours, and thrown. */
export function refusalOf(error: unknown): BeylaError {
  if (error instanceof BeylaError) return error;
  throw error;
}
