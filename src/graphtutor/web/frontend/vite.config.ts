import { defineConfig, type Plugin } from "vite";

/**
 * One classic script: module scripts do not run from file://. Vite writes a module tag into
 * index.html; this turns it into a deferred classic one.
 */
function classicScript(): Plugin {
  return {
    name: "classic-script",
    transformIndexHtml: {
      order: "post",
      handler: (html) =>
        html
          .replace(/\s*<script type="module"[^>]*><\/script>/, "")
          .replace(/<link rel="stylesheet"[^>]*>/, '<link rel="stylesheet" href="app.css">')
          .replace("<!-- app -->", '<script defer src="app.js"></script>'),
    },
  };
}

export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [classicScript()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: true,
    rolldownOptions: {
      output: {
        format: "iife",
        entryFileNames: "app.js",
        assetFileNames: "app[extname]",
        codeSplitting: false,
      },
    },
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"] },
} as Parameters<typeof defineConfig>[0]);
