// One setting of the server as data, how its text becomes a value, and how it is called as a variable and flag.

/** One setting: its kind, default, limits and meaning. */
export type Setting = {
  readonly about: string;
  /** Never printed, logged or written to the documentation with a value. */
  readonly secret?: boolean;
  readonly unit?: string;
} & (
  | { readonly kind: 'integer'; readonly default: number; readonly min: number; readonly max: number }
  | { readonly kind: 'text'; readonly default: string; readonly lengthMin?: number }
  | { readonly kind: 'list'; readonly default: string }
  | { readonly kind: 'choice'; readonly default: string; readonly choices: readonly string[] }
);

/** A value, or why the text is not one. */
export type ParsedSetting =
  | { readonly ok: true; readonly value: number | string | readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** Reads one setting from its text; `undefined` takes the default. An empty text counts as absent. */
export function parseSetting(setting: Setting, text: string | undefined): ParsedSetting {
  if (text === undefined || text === '') {
    return { ok: true, value: setting.kind === 'list' ? splitList(setting.default) : setting.default };
  }
  switch (setting.kind) {
    case 'integer':
      return parseInteger(setting, text);
    case 'choice':
      return setting.choices.includes(text)
        ? { ok: true, value: text }
        : { ok: false, problem: `must be one of ${setting.choices.join(', ')}` };
    case 'list':
      return { ok: true, value: splitList(text) };
    case 'text':
      return text.length >= (setting.lengthMin ?? 0)
        ? { ok: true, value: text }
        : { ok: false, problem: `must have at least ${setting.lengthMin} characters` };
  }
}

/** The environment variable of a setting: `httpPort` is `ROOMTAPE_HTTP_PORT`. */
export function settingVariable(name: string): string {
  return `ROOMTAPE_${words(name).join('_').toUpperCase()}`;
}

/** The flag of a setting, without dashes: `httpPort` is `http-port`. */
export function settingFlag(name: string): string {
  return words(name).join('-');
}

/** Type, limits and unit of a setting in words. */
export function settingLimits(setting: Setting): string {
  const unit = setting.unit === undefined ? '' : ` ${setting.unit}`;
  switch (setting.kind) {
    case 'integer':
      return `integer, ${setting.min} to ${setting.max}${unit}`;
    case 'choice':
      return setting.choices.map((choice) => `\`${choice}\``).join(', ');
    case 'list':
      return 'list, separated by commas';
    case 'text':
      return setting.lengthMin === undefined ? 'text' : `text, at least ${setting.lengthMin} characters`;
  }
}

function parseInteger(setting: Setting & { kind: 'integer' }, text: string): ParsedSetting {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= setting.min && value <= setting.max) return { ok: true, value };
  return { ok: false, problem: `must be an ${settingLimits(setting)}` };
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function words(name: string): string[] {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).split(' ');
}
