import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

/**
 * Puts script and style of a page into the page, with a Content-Security-Policy that lets those run and nothing else: one
 * file that works from a disk, where browsers load no modules, and that somebody can keep and compare.
 */
export function oneFile(): Plugin {
  return {
    name: 'one-file',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const page = Object.values(bundle).find((part) => part.fileName.endsWith('.html'));
      if (page?.type !== 'asset') throw new Error('the build made no page');
      let html = String(page.source);
      const hashes = { script: '', style: '' };
      for (const part of Object.values(bundle)) {
        if (part.type === 'chunk') {
          const code = part.code.trim().replaceAll('</script', '<\\/script');
          hashes.script = hashOf(code);
          html = replaced(html, /<script[^>]*><\/script>/u, '').replace(
            '</body>',
            () => `<script>${code}</script>\n</body>`,
          );
          delete bundle[part.fileName];
        } else if (part.fileName.endsWith('.css')) {
          const css = String(part.source).trim();
          hashes.style = hashOf(css);
          html = replaced(html, /<link rel="stylesheet"[^>]*>/u, `<style>${css}</style>`);
          delete bundle[part.fileName];
        }
      }
      page.source = replaced(html, /content=""/u, `content="${policyOf(hashes)}"`);
    },
  };
}

function policyOf({ script, style }: { readonly script: string; readonly style: string }): string {
  const rules = [
    "default-src 'none'",
    `script-src '${script}'`,
    `style-src '${style}'`,
    // Its own worker, which inherits all of this.
    'worker-src blob:',
    "form-action 'none'",
    "base-uri 'none'",
  ];
  return rules.join('; ');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function replaced(html: string, pattern: RegExp, by: string): string {
  if (!pattern.test(html)) throw new Error(`the page has no ${pattern}`);
  return html.replace(pattern, () => by);
}
