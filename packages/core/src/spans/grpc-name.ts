/** Service and method of a call. */
export interface GrpcName {
  /** With its package: `helloworld.Greeter`; empty where the path is not of that form. */
  readonly service: string;
  /** `SayHello`. */
  readonly method: string;
}

/** Takes the path of a gRPC request apart: `/{service}/{method}`; the service itself may have slashes. */
export function grpcNameOf(path: string): GrpcName {
  const start = path.startsWith('/') ? 1 : 0;
  const slash = path.lastIndexOf('/');
  if (slash <= start) return { service: '', method: path.slice(start) };
  return { service: path.slice(start, slash), method: path.slice(slash + 1) };
}
