/**
 * Translates a process id as the kernel's records number it (initial PID namespace) to the namespace this library runs in.
 *
 * The identity, because both are the same namespace wherever the library can run today; all ids from records pass here.
 */
export function localPid(kernelPid: number): number {
  return kernelPid;
}
