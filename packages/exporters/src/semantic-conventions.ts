import { BeylaError } from '@beyla/core';
import { diag } from '@opentelemetry/api';

/**
 * Which OpenTelemetry names spans and metrics have; OTEL_SEMCONV_STABILITY_OPT_IN as an option.
 *
 * @public
 */
export interface SemanticConventionsOptions {
  /**
   * `stable`: the stable conventions only. `both`: also the attributes of version 1.20 on spans, and the metrics
   * `http.server.duration`, `http.client.duration`, `http.server.request.size`, `http.client.request.size` as Beyla 1.0 has them.
   * Default `both` where OTEL_SEMCONV_STABILITY_OPT_IN has `http/dup`, else `stable`.
   */
  http?: 'stable' | 'both';
  /**
   * `old`: `rpc.server.duration`, `rpc.client.duration`, with `rpc.system` and `rpc.grpc.status_code`, as Beyla up to version 2 has them.
   * `stable`: `rpc.server.call.duration`, `rpc.client.call.duration`, with `rpc.system.name` and `rpc.response.status_code`.
   * Default by OTEL_SEMCONV_STABILITY_OPT_IN: `both` for `rpc/dup`, `stable` for `rpc`, else `old`.
   */
  rpc?: 'old' | 'stable' | 'both';
}

/** The options with defaults in. */
export interface SemanticConventions {
  readonly hasOldHttp: boolean;
  readonly hasOldRpc: boolean;
  readonly hasStableRpc: boolean;
}

/** Where neither options nor environment say anything. */
export const DEFAULT_CONVENTIONS: SemanticConventions = { hasOldHttp: false, hasOldRpc: true, hasStableRpc: false };

const HTTP: readonly string[] = ['stable', 'both'];
const RPC: readonly string[] = ['old', 'stable', 'both'];

/** @throws BeylaError `UNKNOWN_OPTION`, `INVALID_OPTION`. */
export function resolveSemanticConventions(options: SemanticConventionsOptions = {}): SemanticConventions {
  for (const key of Object.keys(options)) {
    if (key === 'http' || key === 'rpc') continue;
    throw new BeylaError(
      'UNKNOWN_OPTION',
      `\`semanticConventions\` has \`${key}\`; there are conventions for \`http\` and \`rpc\``,
    );
  }
  const optIn = optInFromEnvironment();
  const http = options.http ?? (optIn.has('http/dup') ? 'both' : 'stable');
  const rpc = options.rpc ?? (optIn.has('rpc/dup') ? 'both' : optIn.has('rpc') ? 'stable' : 'old');
  checkWord('http', http, HTTP);
  checkWord('rpc', rpc, RPC);
  return { hasOldHttp: http === 'both', hasOldRpc: rpc !== 'stable', hasStableRpc: rpc !== 'old' };
}

/** The variable is shared with SDKs that know more categories (`database`, `messaging`): what is not for us is passed over. */
function optInFromEnvironment(): ReadonlySet<string> {
  const text = process.env['OTEL_SEMCONV_STABILITY_OPT_IN'] ?? '';
  const values = text.split(',').map((value) => value.trim().toLowerCase());
  for (const value of values) {
    if (!/^(http|rpc)\b/.test(value) || /^(http|rpc)(\/dup)?$/.test(value)) continue;
    diag.warn(`OTEL_SEMCONV_STABILITY_OPT_IN has \`${value}\`; there are http, http/dup, rpc and rpc/dup; ignored`);
  }
  return new Set(values);
}

function checkWord(name: string, value: string, words: readonly string[]): void {
  if (words.includes(value)) return;
  throw new BeylaError('INVALID_OPTION', `\`semanticConventions.${name}\` must be one of ${words.join(', ')}`);
}
