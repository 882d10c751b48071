import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { makeQueryClient } from '../api/queries.ts';
import { startShortcuts } from '../ui/shortcuts.ts';
import { ToastProvider } from '../ui/Toast.tsx';
import { TooltipProvider } from '../ui/Tooltip.tsx';
import { makeRouter } from './router.tsx';
import { followSystemTheme } from './theme.ts';

const queries = makeQueryClient();
const router = makeRouter();

export function App() {
  useEffect(startShortcuts, []);
  useEffect(followSystemTheme, []);
  return (
    <QueryClientProvider client={queries}>
      <TooltipProvider>
        <ToastProvider>
          <RouterProvider router={router} />
        </ToastProvider>
      </TooltipProvider>
    </QueryClientProvider>
  );
}
