import type { Component, Health } from '../component.ts';
import type { Processor } from '../decorators/decorator.ts';
import { BeylaError } from '../errors.ts';
import { Lifecycle } from '../lifecycle.ts';
import { compileGlob } from '../processes/glob.ts';
import type { ProcessInfo } from '../processes/process.ts';
import type { RequestSpan } from '../spans/span.ts';
import { createSampler, type Sampler, type SamplerOptions } from './sampler.ts';

/**
 * A sampler for the services that fit.
 *
 * @public
 */
export interface ServiceSampler extends SamplerOptions {
  /** Glob on `service.name`. */
  service: string;
  /** Glob on `service.namespace`; default any. */
  namespace?: string;
}

/**
 * The sampler of all services, and of single ones.
 *
 * @public
 */
export interface SamplerDecoratorOptions extends SamplerOptions {
  /** Of those that fit a service the last one decides, as with Beyla's selectors; the `sampler` of a selector is stronger. */
  services?: readonly ServiceSampler[];
}

interface Entry {
  readonly fits: (process: ProcessInfo) => boolean;
  readonly sampler: Sampler;
}

/**
 * Decides which traces are kept: sets or clears the sampled bit of `traceFlags`, which trace exporters obey. No span is taken away, so
 * metrics are of all requests.
 *
 * A decision depends on the trace id, and for `parentbased_` samplers on the flag that came with a `traceparent`, never on chance; so all
 * spans of a trace in services of one sampler agree. A span with a parent must have its trace's flags when it comes here.
 *
 * Errors: INVALID_OPTION, UNKNOWN_OPTION, INVALID_PATTERN, with the path of the option.
 *
 * @example
 * ```ts
 * import { SamplerDecorator } from '@beyla/core';
 * const sampler = new SamplerDecorator({
 *   name: 'parentbased_traceidratio',
 *   arg: 0.1,
 *   services: [{ service: 'checkout', name: 'always_on' }],
 * });
 * const decided = sampler.process([]);
 * ```
 *
 * @public
 */
export class SamplerDecorator implements Component {
  readonly name = 'sampler';
  /** The decorator as a function of the pipeline. */
  readonly process: Processor;
  readonly #sampler: Sampler;
  readonly #services: readonly Entry[];
  readonly #samplers = new WeakMap<ProcessInfo, Sampler>();
  readonly #lifecycle = new Lifecycle('sampler', async () => undefined);
  #sampled = 0;
  #unsampled = 0;

  constructor(options: SamplerDecoratorOptions = {}) {
    const { services = [], ...all } = options;
    this.#sampler = createSampler(all, 'sampler');
    this.#services = services.map(entryOf);
    this.process = (spans) => {
      for (const span of spans) this.#decide(span);
      return spans;
    };
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => undefined);
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  /** Spans decided since the start. */
  stats(): { readonly sampled: number; readonly unsampled: number } {
    return { sampled: this.#sampled, unsampled: this.#unsampled };
  }

  health(): Health {
    return { status: this.#lifecycle.state === 'closed' ? 'closed' : 'healthy', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return { services: this.#services.length, ...this.stats() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #decide(span: RequestSpan): void {
    const parentSampled = span.parentSpanId === undefined ? undefined : (span.traceFlags & 1) === 1;
    if (this.#samplerOf(span.process)(span.traceId, parentSampled)) {
      this.#sampled += 1;
      span.traceFlags |= 1;
    } else {
      this.#unsampled += 1;
      span.traceFlags &= ~1;
    }
  }

  #samplerOf(process: ProcessInfo): Sampler {
    let sampler = this.#samplers.get(process);
    if (sampler === undefined) {
      sampler =
        process.sampler === undefined
          ? (this.#services.findLast((entry) => entry.fits(process))?.sampler ?? this.#sampler)
          : createSampler(process.sampler, 'sampler');
      this.#samplers.set(process, sampler);
    }
    return sampler;
  }
}

function entryOf({ service, namespace, ...options }: ServiceSampler, index: number): Entry {
  const path = `sampler.services[${index}]`;
  if (typeof service !== 'string') {
    throw new BeylaError('INVALID_OPTION', `${path}.service must be a glob of service names`);
  }
  const nameFits = compileGlob(service, `${path}.service`);
  const namespaceFits = namespace === undefined ? () => true : compileGlob(namespace, `${path}.namespace`);
  return {
    fits: (process) => nameFits(process.service.name) && namespaceFits(process.service.namespace),
    sampler: createSampler(options, path),
  };
}
