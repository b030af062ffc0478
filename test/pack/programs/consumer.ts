// What a user's compiler must accept of the declarations, under its strictest settings and without skipLibCheck.
import { type Beyla, BeylaError, createBeyla, type Processor, type RequestSpan } from '@beyla/core';
import { ConsoleExporter, OtlpTraceExporter, PrometheusExporter } from '@beyla/exporters';
import { containerIdFromCgroup } from '@beyla/k8s';

const slow: Processor = (spans) => spans.filter((span) => span.endNs - span.startNs > 1e8);

export async function run(): Promise<Beyla | undefined> {
  try {
    const beyla: Beyla = await createBeyla({
      discovery: { instrument: [{ openPorts: '8080' }] },
      processors: [slow],
      exporters: [new PrometheusExporter(), new ConsoleExporter({ format: 'json' }), new OtlpTraceExporter()],
    });
    beyla.on('span', (spans: readonly RequestSpan[]) => console.log(spans.length));
    beyla.on('drop', ({ reason, count }) => console.log(reason.length + count));
    return beyla;
  } catch (error) {
    if (error instanceof BeylaError && error.code === 'NO_BTF') return undefined;
    throw error;
  }
}

export const id: string | undefined = containerIdFromCgroup('0::/');
