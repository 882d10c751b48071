import { createContext, useContext } from 'react';

/** The modal that what is drawn now stands in; nothing outside of it would be seen above it. */
export const LayerContext = createContext<HTMLElement | null>(null);

/** Where what floats (a menu, a tooltip) is put: into the modal around it, else into the page's main part. */
export function useLayer(): HTMLElement | null {
  return useContext(LayerContext) ?? document.getElementById('main');
}
