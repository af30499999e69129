/** What can be done with a machine, each asked about first in words that say what will happen. */
import { ArrowDownToLine, ArrowUpToLine, Crown, MonitorOff } from '@lucide/vue'
import { useI18n } from 'vue-i18n'
import type { Member } from '@contract/cluster'
import { ApiError } from '@/api/errors'
import { useCluster } from '@/stores/cluster'
import { useDialogs } from '@/stores/dialogs'
import { quorumOf } from '@/stores/quorum'
import type { MenuItem } from '@/ui/Menu.vue'
import { useFeedback } from '../shell/feedback'

export function useMachineActions() {
  const { t } = useI18n()
  const cluster = useCluster()
  const dialogs = useDialogs()
  const { attempt } = useFeedback()

  async function handOver(member: Member): Promise<void> {
    const { name } = member
    const yes = await dialogs.ask({
      title: t('cluster.handOver.title', { name }),
      text: t('cluster.handOver.text'),
      confirm: t('cluster.handOver.go')
    })
    if (yes) await attempt(() => cluster.handOver(member.id), t('cluster.handOver.done', { name }))
  }

  /** Where too few of those who would then vote answer, the node refuses: who has read what follows may insist. */
  async function insist(gone: Member, work: (force: boolean) => Promise<void>, done: string): Promise<void> {
    const change = async () => {
      try {
        await work(false)
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'quorum_at_risk')) throw error
        const rest = quorumOf(cluster.members.filter(({ id }) => id !== gone.id))
        const yes = await dialogs.ask({
          title: t('cluster.insist.title'),
          text: t('cluster.insist.text', { ...rest }, rest.reachable),
          confirm: t('cluster.insist.go'),
          danger: true
        })
        if (!yes) throw error
        await work(true)
      }
    }
    await attempt(change, done)
  }

  async function remove(member: Member): Promise<void> {
    const { name } = member
    const isMe = member.id === cluster.status?.node_id
    const yes = await dialogs.ask({
      title: t('cluster.remove.title', { name }),
      text: t(isMe ? 'cluster.remove.textSelf' : 'cluster.remove.text', { name }),
      confirm: t('cluster.remove.go'),
      danger: true,
      phrase: name
    })
    if (yes) await insist(member, (force) => cluster.remove(member.id, force), t('cluster.remove.done', { name }))
  }

  async function change(member: Member): Promise<void> {
    const to = member.suffrage === 'voter' ? 'learner' : 'voter'
    const { name } = member
    const yes = await dialogs.ask({
      title: t(`cluster.make.${to}.title`, { name }),
      text: t(`cluster.make.${to}.text`),
      confirm: t(`cluster.make.${to}.go`)
    })
    const done = t(`cluster.make.${to}.done`, { name })
    if (yes) await insist(member, (force) => cluster.setSuffrage(member.id, to, force), done)
  }

  function itemsOf(member: Member): readonly MenuItem[] {
    const leads = member.id === cluster.status?.leader_id
    const voter = member.suffrage === 'voter'
    const lastVoter = voter && cluster.quorum.voters === 1
    return [
      {
        label: t('cluster.handOver.go'),
        icon: Crown,
        disabled: leads || !voter || !member.reachable,
        ...(leads ? { hint: t('cluster.handOver.leads') } : voter ? {} : { hint: t('cluster.handOver.learner') }),
        run: () => void handOver(member)
      },
      {
        label: t(`cluster.make.${voter ? 'learner' : 'voter'}.go`),
        icon: voter ? ArrowDownToLine : ArrowUpToLine,
        disabled: lastVoter || leads,
        ...(leads ? { hint: t('cluster.make.leads') } : {}),
        run: () => void change(member)
      },
      {
        label: t('cluster.remove.go'),
        icon: MonitorOff,
        danger: true,
        apart: true,
        disabled: lastVoter,
        ...(lastVoter ? { hint: t('cluster.remove.last') } : {}),
        run: () => void remove(member)
      }
    ]
  }

  return { itemsOf }
}
