// A switch with its words.

import type { ReactNode } from 'react';

type SwitchProps = { label: string; isOn: boolean; isDisabled?: boolean; onChange: (isOn: boolean) => void };

/** Something that is on or off. */
export function Switch({ label, isOn, isDisabled = false, onChange }: SwitchProps): ReactNode {
  return (
    <label className="switch">
      <input
        type="checkbox"
        checked={isOn}
        disabled={isDisabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
