// SPDX-License-Identifier: Apache-2.0
/**
 * What is made of the configuration's schema (packages/core/src/config/schema): TypeScript types, a JSON Schema for editors, the documentation.
 * The schema is passed in, so that a test can pass the sources' and the script the build's.
 */

/** @typedef {import('../../packages/core/src/config/schema/node.ts').Node} Node */
/** @typedef {import('../../packages/core/src/config/schema/node.ts').Section} Section */
/** @typedef {import('../../packages/core/src/config/schema/node.ts').Leaf} Leaf */

const NOTICE = 'Made by `npm run generate` from packages/core/src/config/schema; do not edit.';

/** @param {Section} schema */
export function renderTypes(schema) {
  /** @type {Map<string, string>} */
  const named = new Map();
  const body = typeOfSection(schema, true, '', named);
  const root = `/**\n * The values of a configuration, by Beyla's keys; durations are milliseconds.\n *\n * @public\n */\nexport interface ConfigValues ${body}\n`;
  return `// ${NOTICE}\n\n${root}\n${[...named.values()].join('\n')}`;
}

/** @param {Section} section @param {boolean} isGlobal @param {string} indent @param {Map<string, string>} named @returns {string} */
function typeOfSection(section, isGlobal, indent, named) {
  const inner = `${indent}  `;
  const lines = Object.entries(section.fields).flatMap(([key, node]) => {
    const isOptional = node.form === 'leaf' ? !isGlobal || node.default === undefined : !isGlobal;
    const type = typeOfNode(node, isGlobal, inner, named);
    const why = remark(node);
    return [`${inner}/** ${node.meaning}${why} */`, `${inner}readonly ${key}${isOptional ? '?' : ''}: ${type};`];
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

/** @param {Node} node What is different from Beyla, as a further sentence. */
function remark(node) {
  if ('inert' in node && node.inert !== undefined) return ` No effect: ${node.inert}.`;
  return 'limits' in node && node.limits !== undefined ? ` Here: ${node.limits}.` : '';
}

/** @param {Node} node @param {boolean} isGlobal @param {string} indent @param {Map<string, string>} named @returns {string} */
function typeOfNode(node, isGlobal, indent, named) {
  if (node.form === 'leaf') return node.kind.typeScript;
  if (node.form === 'list') return `readonly ${typeOfNode(node.item, false, indent, named)}[]`;
  if (node.form === 'map') return `Readonly<Record<string, ${typeOfNode(node.item, false, indent, named)}>>`;
  if (node.typeName === undefined) return typeOfSection(node, isGlobal, indent, named);
  const body = typeOfSection(node, isGlobal, '', named);
  named.set(node.typeName, `/**\n * ${node.meaning}\n *\n * @public\n */\nexport interface ${node.typeName} ${body}\n`);
  return node.typeName;
}

/** @param {Section} schema */
export function renderJsonSchema(schema) {
  /** @type {Record<string, unknown>} */
  const definitions = {};
  const root = jsonOfSection(schema, definitions);
  const whole = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of Beyla for Node',
    $comment: NOTICE,
  };
  return `${JSON.stringify({ ...whole, ...root, definitions }, null, 2)}\n`;
}

/** @param {Section} section @param {Record<string, unknown>} definitions */
function jsonOfSection(section, definitions) {
  const fields = Object.entries(section.fields).flatMap(([key, node]) =>
    isEnvOnly(node) ? [] : [[key, jsonOfNode(node, definitions)]],
  );
  return {
    type: ['object', 'null'],
    description: section.meaning,
    additionalProperties: false,
    properties: Object.fromEntries(fields),
  };
}

/** @param {Node} node @param {Record<string, unknown>} definitions @returns {Record<string, unknown>} */
function jsonOfNode(node, definitions) {
  if (node.form === 'section') {
    if (node.typeName === undefined) return jsonOfSection(node, definitions);
    definitions[node.typeName] ??= jsonOfSection(node, definitions);
    return { $ref: `#/definitions/${node.typeName}` };
  }
  const description = `${node.meaning}${remark(node)}`;
  if (node.form === 'list') return { description, type: ['array', 'null'], items: jsonOfNode(node.item, definitions) };
  if (node.form === 'map') {
    return { description, type: ['object', 'null'], additionalProperties: jsonOfNode(node.item, definitions) };
  }
  const value = Object.keys(node.kind.json).length === 0 ? {} : { anyOf: [node.kind.json, { type: 'null' }, VARIABLE] };
  return { description, ...(node.default === undefined ? {} : { default: node.kind.write(node.default) }), ...value };
}

/** A value that a variable stands for may be of any kind. */
const VARIABLE = { type: 'string', pattern: '\\$\\{' };

/** @param {Node} node @returns {boolean} */
function isEnvOnly(node) {
  if (node.form === 'section') return Object.values(node.fields).every(isEnvOnly);
  return node.form === 'leaf' && node.envOnly;
}

const INTRODUCTION = `# Configuration

\`loadConfig(pathOrText, env)\` reads Beyla's configuration: the keys of 1.0, and those of today as far as the tables say.

\`\`\`ts
import { createBeyla, loadConfig, toBeylaOptions } from '@beyla/core';
import { exportersFromConfig, processorsFromConfig } from '@beyla/exporters';

const config = await loadConfig('beyla.yml');
for (const { message } of config.warnings) console.warn(message);
const [processors, exporters] = [processorsFromConfig(config), exportersFromConfig(config)];
await using beyla = await createBeyla({ ...toBeylaOptions(config), processors, exporters });
\`\`\`

- Variables win over the file, the file over defaults. A variable that is empty is not set. \`BEYLA_CONFIG_PATH\` wins over the path that the program gives.
- Each \`BEYLA_X\` (and \`BEYLA_OTEL_X\`) may also be called \`OTEL_EBPF_X\`; the former wins.
- In values of the file, \`\${NAME}\` and \`\${NAME:-default}\` stand for variables, \`$\${NAME}\` for the text \`\${NAME}\`. They are put in after the YAML is parsed:
  what a variable holds never changes the structure. In a list a variable may hold several elements, with commas.
- Durations are written as in Go: \`500ms\`, \`5s\`, \`1m30s\`. OpenTelemetry's own variables are whole milliseconds.
- A key or value that is wrong is an error with file, line, column and the nearest key there is. Beyla ignores unknown keys; we do not, because
  a typo must not change what is watched.
- A key of Beyla that has no effect here is accepted, and said in \`config.warnings\` with what happens instead. A value that asks for what happens
  in any case is no reason to warn.
- \`attributes.instance_id.dns\` is true by default, as in Beyla, so \`service.instance.id\` and \`host.name\` have the full name of the host where DNS
  (or \`/etc/hosts\`) knows one. Options in TypeScript have to ask for it: \`discovery.identity.hostNameFromDns\`.
- An entry of \`discovery\` with a criterion that cannot be tested selects nothing; as an exclusion it is an error. Otherwise more would be watched than was
  asked for.
- At least one selection and one exporter are needed.
- \`showEffectiveConfig(config)\` prints what is in force and where each value came from, secrets masked.
- [\`config.schema.json\`](../packages/core/config.schema.json) is for editors: \`# yaml-language-server: $schema=…/config.schema.json\`.

Keys without a place in files are set by variables only. Entries of lists (\`[]\`) have neither variables nor defaults.
`;

/** @param {Section} schema @param {(section: Section) => [string, Leaf][]} leavesOf */
export function renderDocs(schema, leavesOf) {
  const leaves = leavesOf(schema);
  const topLevel = leaves.filter(([path]) => !path.includes('.'));
  const parts = Object.entries(schema.fields).filter(([, node]) => node.form !== 'leaf');
  const tables = parts.map(([key, node]) => {
    const rows = leaves.filter(([path]) => path.startsWith(`${key}.`));
    return `## ${key}\n\n${node.meaning}\n\n${table(rows)}`;
  });
  return `<!-- ${NOTICE} -->\n\n${INTRODUCTION}\n## Top level\n\n${table(topLevel)}\n${tables.join('\n')}`;
}

/** @param {[string, Leaf][]} rows */
function table(rows) {
  const lines = rows.map(([path, leaf]) => {
    const key = leaf.envOnly ? `${code(path)} (variable only)` : code(path);
    const written = leaf.default === undefined ? undefined : leaf.kind.write(leaf.default);
    const cells = [
      key,
      leaf.env.map(code).join('<br>'),
      written === undefined ? '' : code(show(written)),
      meaning(leaf),
      status(leaf),
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return `| key | variable | default | meaning | status |\n| --- | --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}

/** @param {Leaf} leaf */
function meaning(leaf) {
  return leaf.kind.words === 'anything' ? leaf.meaning : `${leaf.meaning} Expects ${leaf.kind.words}.`;
}

/** @param {Leaf} leaf */
function status(leaf) {
  if (leaf.inert !== undefined) return `no effect: ${leaf.inert}`;
  // Whoever asks for what happens in any case has it; that is no feature that works.
  if (leaf.limits !== undefined) return leaf.limits.includes('no effect') ? leaf.limits : `works; ${leaf.limits}`;
  return leaf.caveat === undefined ? 'works' : 'works; some values warn';
}

/** @param {unknown} value */
function show(value) {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** @param {string} text */
function code(text) {
  return `\`${text}\``;
}
