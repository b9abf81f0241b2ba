// Starts the page.

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './styles/base.css';
import './styles/lobby.css';
import './styles/room.css';
import './styles/recordings.css';
import './styles/controls.css';
import './styles/studio.css';
import './styles/library.css';
import './styles/raw-audio.css';
import './styles/mix.css';
import './styles/motion.css';

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
