import type { Leaf, Node, Section } from './schema/node.ts';

/** Every leaf, as `discovery.services[].open_ports`, `filter.application.*.match`. */
export function leavesOf(section: Section, path: string = ''): [path: string, leaf: Leaf][] {
  return Object.entries(section.fields).flatMap(([key, node]) => below(node, path === '' ? key : `${path}.${key}`));
}

/** Every key that files may have. */
export function pathsOf(section: Section): string[] {
  return leavesOf(section).flatMap(([path, leaf]) => (leaf.envOnly ? [] : [path]));
}

function below(node: Node, path: string): [string, Leaf][] {
  switch (node.form) {
    case 'leaf':
      return [[path, node]];
    case 'section':
      return leavesOf(node, path);
    case 'list':
      return leavesOf(node.item, `${path}[]`);
    case 'map':
      return leavesOf(node.item, `${path}.*`);
  }
}
