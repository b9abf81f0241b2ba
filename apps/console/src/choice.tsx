// A labelled choice of one out of few.

import type { ReactNode } from 'react';

type ChoiceProps<Value extends string> = {
  label: string;
  value: Value;
  /** The values and the words for them, in order. */
  options: readonly ChoiceOption<Value>[];
  isDisabled?: boolean;
  onChange: (value: Value) => void;
};

/** One value that can be chosen. */
export type ChoiceOption<Value extends string> = {
  readonly value: Value;
  readonly words: string;
  /** Shown, but this browser cannot do it. */
  readonly isImpossible?: boolean;
};

/** Shows the choice. */
export function Choice<Value extends string>(props: ChoiceProps<Value>): ReactNode {
  const { label, value, options, isDisabled = false, onChange } = props;
  const choose = (text: string): void => {
    const option = options.find((each) => each.value === text);
    if (option !== undefined) onChange(option.value);
  };
  return (
    <label className="field">
      <span>{label}</span>
      <select disabled={isDisabled} value={value} onChange={(event) => choose(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.isImpossible === true}>
            {option.words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Options out of a table of words, in the order of `values`. */
export function optionsOf<Value extends string>(
  values: readonly Value[],
  words: Readonly<Record<Value, string>>,
): ChoiceOption<Value>[] {
  return values.map((value) => ({ value, words: words[value] }));
}
