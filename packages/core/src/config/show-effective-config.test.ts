// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in YAML are what is tested.
import { describe, expect, it } from 'vitest';
import { type BeylaConfig, loadConfig } from './load-config.ts';
import { showEffectiveConfig } from './show-effective-config.ts';

const TEXT = `
discovery:
  services:
    - exe_path: ^/srv/(a|b)$
      open_ports: 80,443
      routes: { incoming: ["/a/:id"] }
routes: { patterns: ["/users/:id", "\${X:-/x y}"] }
attributes: { select: { "http.*": { include: ["*"] } } }
otel_metrics_export: { endpoint: "https://user:hun@hunter2@receiver/otlp?token=hunter2#hunter2" }
otel_traces_export: { endpoint: "https://user:hunter2@receiver/v1/traces", batch_timeout: 1m30s }
grafana: { otlp: { cloud_zone: eu, cloud_api_key: hunter2 } }
service_name: "$\${X}"
network: { enable: true }
`;
const ENV = { OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=hunter2', BEYLA_PRINT_TRACES: 'true' };

/** Without what a text cannot hold: places, warnings, secrets. */
function values({ warnings: _, sources: __, ...config }: BeylaConfig): unknown {
  return { ...config, grafana: undefined, otel_traces_export: undefined, otel_metrics_export: undefined };
}

describe('showEffectiveConfig()', () => {
  it('says of each value where it came from', async () => {
    const lines = showEffectiveConfig(await loadConfig(TEXT, ENV)).split('\n');
    expect(lines).toContain('print_traces: true # BEYLA_PRINT_TRACES');
    const column = (TEXT.split('\n')[9] ?? '').indexOf('1m30s') + 1;
    expect(lines).toContain(`  batch_timeout: "1m30s" # <text>:10:${column}`);
    expect(lines).toContain('  unmatched: wildcard # default');
    expect(lines).toContain('    - open_ports: "80,443" # <text>:5:19');
    expect(lines).toContain('network: { "enable": true } # <text>:13:10');
  });

  it('masks secrets', async () => {
    const shown = showEffectiveConfig(await loadConfig(TEXT, ENV));
    expect(shown).not.toContain('hunter2');
    expect(shown).toContain('endpoint: "https://***@receiver/v1/traces"');
    expect(shown).toContain('endpoint: "https://***@receiver/otlp?***"');
    expect(shown).toContain('cloud_api_key: "***"');
    expect(shown).toContain('  # headers: "***" # OTEL_EXPORTER_OTLP_HEADERS');
  });

  it('means the same when it is loaded again', async () => {
    const config = await loadConfig(TEXT, ENV);
    const again = await loadConfig(showEffectiveConfig(config), { X: 'other' });
    expect(values(again)).toEqual(values(config));
    expect(again.service_name).toBe('${X}');
    expect(again.routes.patterns).toEqual(['/users/:id', '/x y']);
  });
});
