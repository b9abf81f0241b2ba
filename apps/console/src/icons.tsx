// The page's few pictograms, drawn in one style. Decoration only: each button carries its own words.

import type { ReactNode } from 'react';

const PATHS = {
  mic: 'M12 15a3.2 3.2 0 0 0 3.2-3.2V6.2a3.2 3.2 0 0 0-6.4 0v5.6A3.2 3.2 0 0 0 12 15ZM6 11.5a6 6 0 0 0 12 0M12 17.5V21',
  micOff:
    'M15.2 9V6.2a3.2 3.2 0 0 0-6-1.5M8.8 9v2.8a3.2 3.2 0 0 0 4.9 2.7M6 11.5a6 6 0 0 0 9.6 4.8M18 11.5c0 .9-.2 1.7-.5 2.5M12 17.5V21M4 4l16 16',
  camera: 'M4 7.5h9.5a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2ZM15.5 11l5.5-3v8l-5.5-3',
  cameraOff:
    'M8.5 7.5h5a2 2 0 0 1 2 2V11l5.5-3v8l-3-1.6M15 15.4a2 2 0 0 1-1.5 1.1H4a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2M3.5 3.5l17 17',
  screen: 'M3.5 5h17v11h-17zM9 20h6M12 16v4M12 13V8.5M9.8 10.4 12 8.2l2.2 2.2',
  leave: 'M3 13.6c5-4.6 13-4.6 18 0l-2.3 2.6-3.6-1.4v-2.2a12 12 0 0 0-6.2 0v2.2l-3.6 1.4z',
  pause: 'M9 6v12M15 6v12',
  play: 'M8 5.5v13l10.5-6.5z',
  download: 'M12 4v11M7.5 11 12 15.5 16.5 11M5 19.5h14',
  list: 'M4 6.5h16M4 12h16M4 17.5h10',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1',
  alert: 'M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.3',
  close: 'M6 6l12 12M18 6 6 18',
  picture: 'M3.5 5h17v14h-17zM3.5 16l5-5 4 4 3-3 5 5M15.5 9.2v.1',
  refresh: 'M19 8a8 8 0 1 0 1 6M20 4v4.5h-4.5',
  record: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6',
  wave: 'M3 12h1.5M7.5 9v6M11 5v14M14.5 8v8M18 10.5v3M21 12h.5',
  trash: 'M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.9 12.5h9.2L17.5 7M10.3 11v5M13.7 11v5',
  music:
    'M9.5 17.5V5.5L19 3.5v12M9.5 17.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0ZM19 15.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z',
  speaker: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
  silent: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5',
  file: 'M6 3.5h8l4.5 4.5v12.5H6zM13.5 3.5V8.5h5',
  upload: 'M12 15.5v-11M7.5 9 12 4.5 16.5 9M5 19.5h14',
  info: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 11v5.5M12 7.8v.2',
  stop: 'M7 7h10v10H7z',
  plus: 'M12 5.5v13M5.5 12h13',
  flash: 'M13 3.5 5.5 13.5H11l-1 7 7.5-10H12z',
  layout: 'M3.5 5h17v14h-17zM13.5 5v14M13.5 12h7',
  snap: 'M4 8h3.2l1.6-2.5h6.4L16.8 8H20v11H4zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4Z',
  check: 'M5 12.5 10 17.5 19 7',
  person: 'M12 12a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4ZM5 20a7 7 0 0 1 14 0',
} as const;

/** A pictogram's name. */
export type IconName = keyof typeof PATHS;

/** Draws one pictogram in the colour of the text around it. */
export function Icon({ name }: { name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The product's mark: two reels of a tape. */
export function Mark(): ReactNode {
  return (
    <svg className="mark" viewBox="0 0 32 20" aria-hidden="true" focusable="false">
      <circle cx="8" cy="8" r="6.2" />
      <circle cx="24" cy="8" r="6.2" />
      <path d="M8 14.2h16" />
      <circle className="mark-dot" cx="24" cy="8" r="2.2" />
    </svg>
  );
}
