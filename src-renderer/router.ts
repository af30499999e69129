import { createRouter, createWebHistory } from 'vue-router'

/** Every view is a chunk of its own; a record's sheet is a child of its list, so both have an address. */
export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/', name: 'overview', component: () => import('./features/overview/OverviewView.vue') },
    {
      path: '/printers',
      name: 'printers',
      component: () => import('./features/printers/PrintersView.vue'),
      children: [{ path: ':id', name: 'printer', component: () => import('./features/printers/PrinterSheet.vue') }]
    },
    {
      path: '/filaments',
      name: 'filaments',
      component: () => import('./features/filaments/FilamentsView.vue'),
      children: [{ path: ':id', name: 'filament', component: () => import('./features/filaments/FilamentSheet.vue') }]
    },
    {
      path: '/jobs',
      name: 'jobs',
      component: () => import('./features/jobs/JobsView.vue'),
      children: [{ path: ':id', name: 'job', component: () => import('./features/jobs/JobSheet.vue') }]
    },
    { path: '/cluster', name: 'cluster', component: () => import('./features/cluster/ClusterView.vue') },
    {
      path: '/settings/:section?',
      name: 'settings',
      component: () => import('./features/settings/SettingsView.vue')
    },
    { path: '/:rest(.*)*', name: 'lost', component: () => import('./features/shell/LostView.vue') }
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.name === from.name ? {} : { top: 0 })
})
