/** Every attribute that a span or its resource can have by itself; decorators and processors may add others. */
export const KNOWN_ATTRIBUTE_NAMES: ReadonlySet<string> = new Set([
  'client.address',
  'client.port',
  'error.type',
  'http.request.body.size',
  'http.request.method',
  'http.request.method_original',
  'http.response.body.size',
  'http.response.status_code',
  'http.route',
  'network.peer.address',
  'network.peer.port',
  'network.protocol.version',
  'network.transport',
  'rpc.grpc.status_code',
  'rpc.method',
  'rpc.response.status_code',
  'rpc.system',
  'rpc.system.name',
  'server.address',
  'server.port',
  'url.full',
  'url.path',
  'url.query',
  'url.scheme',
  'user_agent.original',
  'host.name',
  'os.type',
  'process.pid',
  'service.instance.id',
  'service.name',
  'service.namespace',
  'telemetry.distro.name',
  'telemetry.distro.version',
  'telemetry.sdk.language',
  'telemetry.sdk.name',
  'telemetry.sdk.version',
]);

/** Names of families that only the environment of a program knows in full. */
export const KNOWN_ATTRIBUTE_PREFIXES: readonly string[] = ['k8s.', 'container.', 'cloud.', 'http.request.header.'];

/** Dots and underscores in names are the same, as in Beyla's configuration. */
export function underscored(name: string): string {
  return name.replaceAll('.', '_');
}
