// One build an app: its own bundle and base path, so that a counter never loads what an office needs.
import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { ElementPlusResolver, VantResolver } from 'unplugin-vue-components/resolvers'
import Components from 'unplugin-vue-components/vite'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const APPS = ['admin', 'counter', 'code', 'parent', 'kiosk']
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Vant's icons are a font of 25 KB that names a stranger's server; the parents' app draws the few that it shows. */
const withoutIconFont: Plugin = {
  name: 'without-icon-font',
  enforce: 'pre',
  transform: (_css, id) =>
    /vant\/es\/icon\/index\.css/.test(id)
      ? { code: '.van-icon{display:inline-block;line-height:1}', map: null }
      : null,
}

export default defineConfig(({ mode }) => {
  const app = APPS.includes(mode) ? mode : 'admin'
  return {
    // Parts of Element Plus come with the page that uses them, and no others; types are those of element-plus/global.
    plugins: [
      vue(),
      withoutIconFont,
      Components({
        dts: false,
        dirs: [],
        resolvers: [ElementPlusResolver({ importStyle: 'css' }), VantResolver()],
      }),
    ],
    root: mode === 'test' ? here('.') : here(`apps/${app}`),
    base: `/${app}/`,
    resolve: { alias: { '@': here('src'), '@yitong/code': here('../code/ts/src') } },
    // The pages of phones and terminals are small: they do without a form of components that only libraries use.
    define: ['code', 'parent', 'kiosk'].includes(app) ? { __VUE_OPTIONS_API__: 'false' } : {},
    // `npm run dev` serves one app from its sources beside a server that runs already.
    cacheDir: process.env.YITONG_VITE_CACHE ?? here('node_modules/.vite'),
    server: {
      // The server refuses changes that come from another origin: it must see the host that the browser sees.
      proxy: { '/api': { target: process.env.YITONG_SERVER ?? 'http://127.0.0.1:8600', changeOrigin: false } },
      hmr: false,
    },
    optimizeDeps: {
      include: ['element-plus/es', 'element-plus/es/components/*/style/css', '@element-plus/icons-vue'],
    },
    build: {
      outDir: here(`dist/${app}`),
      emptyOutDir: true,
      target: ['chrome87', 'safari14.1'],
      chunkSizeWarningLimit: 900,
    },
    test: { include: ['test/**/*.test.ts', 'src/**/*.test.ts'], environment: 'node' },
  }
})
