// docs/reference/client-sdk-api.md: every export of the browser SDK with its signature, as the compiler declares it.
// A change of what users can call shows as a change of that page.

import { posix } from 'node:path';
import { sdkTypes } from './sdk-types.ts';

const HEAD = `# API of the browser SDK

Generated from \`packages/sdk/src/index.ts\` by \`scripts/write-reference.ts\`; a test fails when it is old. How to use it
is told in [client-sdk.md](../client-sdk.md).
`;
/** In this order; everything else follows by name. */
const FIRST = ['createEngine', 'destroyEngine', 'Engine', 'EngineEvents', 'DataRecordEventHandler', 'DataRecordConfig'];

/** Writes the page. */
export async function sdkApiReference(): Promise<string> {
  const files = await sdkTypes();
  const exported = exportsOf(files.get('index.d.ts') ?? '');
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const names = [...exported.keys()].toSorted(
    (a, b) => rank(a) - rank(b) || (a.toLowerCase() < b.toLowerCase() ? -1 : 1),
  );
  const sections = names.map((name) => {
    const declaration = declarationOf(files, exported.get(name) ?? '', name);
    return `## ${name}\n\n\`\`\`ts\n${declaration}\n\`\`\`\n`;
  });
  return `${HEAD}\n${sections.join('\n')}`;
}

/** Names the index exports, each with the file that declares it. */
function exportsOf(index: string): Map<string, string> {
  const exported = new Map<string, string>();
  for (const [, names = '', target = ''] of index.matchAll(/export (?:type )?\{([^}]*)\} from '(\.[^']*)\.js'/g)) {
    for (const name of names.split(',')) {
      const plain = name.replace(/^\s*type\s/, '').trim();
      if (plain !== '') exported.set(plain, `${posix.normalize(target)}.d.ts`);
    }
  }
  return exported;
}

/** One exported statement with the comment above it, in that file or where the file has it from. */
function declarationOf(files: ReadonlyMap<string, string>, path: string, name: string): string {
  const text = files.get(path) ?? '';
  const [, from] = new RegExp(`export (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from '(\\.[^']*)\\.js'`).exec(text) ?? [];
  if (from !== undefined) return declarationOf(files, `${posix.join(posix.dirname(path), from)}.d.ts`, name);
  const lines = text.split('\n');
  const start = lines.findIndex((line) =>
    new RegExp(`^export (?:declare )?(?:abstract )?(?:class|function|const|type|interface) ${name}\\b`).test(line),
  );
  if (start < 0) throw new Error(`${name} is exported and declared nowhere`);
  let depth = 0;
  const end = lines.findIndex((line, index) => {
    if (index < start) return false;
    depth += depthOf(line);
    return depth === 0 && /[;}]$/.test(line);
  });
  let first = start;
  if (lines[start - 1]?.trimEnd().endsWith('*/') === true) {
    first -= 1;
    while (first > 0 && lines[first]?.startsWith('/**') === false) first -= 1;
  }
  return lines
    .slice(first, end + 1)
    .join('\n')
    .replaceAll('    ', '  ')
    .replace(/^ {2}#private;\n/m, '');
}

function depthOf(line: string): number {
  if (/^\s*(\*|\/\*\*)/.test(line)) return 0;
  const code = line.replace(/'[^']*'|"[^"]*"/g, '');
  return (code.match(/[{[(]/g)?.length ?? 0) - (code.match(/[}\])]/g)?.length ?? 0);
}
