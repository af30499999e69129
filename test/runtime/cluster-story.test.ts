import { describe, expect, it } from 'vitest'
import { asNodeId, asTerm, type Configuration } from '../../src-main/raft/types'
import { ClusterStory } from '../../src-main/runtime/cluster-story'
import { size, type Logger } from '../../src-main/runtime/log'

const NAMES: Readonly<Record<string, string>> = { n1: 'workshop', n2: 'lab', n3: 'office', n4: 'loan desk' }
const self = asNodeId('n1')
const lab = asNodeId('n2')
const stranger = asNodeId('n9')

function configuration(voters: string[], learners: string[] = [], more: Partial<Configuration> = {}): Configuration {
  const info = (id: string) => ({
    name: NAMES[id]!,
    rpcAddress: `10.0.0.${id.slice(1)}:7080`,
    apiAddress: '',
    fingerprint: ''
  })
  const members = Object.fromEntries([...voters, ...learners].map((id) => [id, info(id)]))
  return { members, voters, votersOutgoing: [], learners, ...more } as unknown as Configuration
}

function start() {
  const lines: string[] = []
  const levels: string[] = []
  const log = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [
      level,
      (_fields: object, line: string) => void (lines.push(line), levels.push(level))
    ])
  ) as unknown as Logger
  const story = new ClusterStory(self, log, (id) => NAMES[id])
  return { story, levels, told: () => lines.splice(0) }
}

describe('the log tells people', () => {
  it('who stands for election, who leads, and who is lost, by name', () => {
    const { story, told } = start()
    story.onRole('preCandidate', asTerm(3), null)
    story.onRole('candidate', asTerm(4), null)
    story.onRole('leader', asTerm(4), self)
    expect(told()).toEqual([
      'No leader answers: asking the others whether they would vote for this machine.',
      'Standing for election in term 4.',
      'This machine leads from now on (term 4).'
    ])
    story.onRole('follower', asTerm(5), null)
    story.onRole('follower', asTerm(5), lab)
    story.onRole('follower', asTerm(5), null)
    expect(told()).toEqual([
      'This machine no longer leads (term 5).',
      'This machine has stopped leading: the machines agree on another.',
      'lab leads (term 5); following it.',
      'lab is lost as leader: the machines agree on another.'
    ])
    expect([story.electionsWon, story.leaderChanges]).toEqual([1, 2])
  })

  it('who joins, votes, moves, is renamed and leaves, once each', () => {
    const { story, told } = start()
    const one = configuration(['n1'])
    story.onConfiguration(one, 1, true)
    story.onConfiguration(configuration(['n1'], ['n2']), 2, false)
    story.onConfiguration(configuration(['n1'], ['n2']), 2, true)
    story.onConfiguration(configuration(['n1'], ['n2']), 2, true)
    story.onConfiguration(configuration(['n1'], ['n2', 'n3']), 3, true)
    story.onConfiguration(configuration(['n1', 'n2', 'n3'], [], { votersOutgoing: [self] }), 4, true)
    story.onConfiguration(configuration(['n1', 'n2', 'n3']), 5, true)
    expect(told()).toEqual([
      'The cluster is one machine.',
      'lab has joined as a learner: it copies the farm.',
      'office has joined as a learner: it copies the farm.',
      'The machines are changing over to another set of voters.',
      'lab votes from now on. office votes from now on.'
    ])
    const moved = configuration(['n1', 'n2', 'n3'])
    const members = { ...moved.members, [lab]: { ...moved.members[lab]!, rpcAddress: '10.0.0.77:7080' } }
    story.onConfiguration({ ...moved, members }, 6, true)
    const renamed = { ...members, [lab]: { ...members[lab]!, name: 'lab west' } }
    story.onConfiguration({ ...moved, members: renamed }, 7, true)
    story.onConfiguration(configuration(['n1', 'n3'], ['n4']), 8, true)
    expect(told()).toEqual([
      'lab is at 10.0.0.77:7080 now.',
      'lab is called lab west from now on.',
      'lab west was removed. loan desk has joined as a learner: it copies the farm.'
    ])
  })

  it('how large the cluster is when it is first known', () => {
    const { story, told } = start()
    story.onConfiguration(configuration(['n1', 'n2', 'n3'], ['n4']), 9, true)
    expect(told()).toEqual(['The cluster has 4 machines; 3 of them vote.'])
  })

  it('whose connection is lost, as a warning, also of a machine that nobody has named', () => {
    const { story, levels, told } = start()
    story.onPeerUp(lab)
    story.onPeerDown(lab, 'no sign of life')
    story.onPeerDown(stranger, 'reset')
    expect(told()).toEqual([
      'Connected with lab.',
      'Lost the connection with lab: no sign of life.',
      'Lost the connection with the machine n9: reset.'
    ])
    expect(levels).toEqual(['info', 'warn', 'warn'])
  })

  it.each([
    [999, '999 bytes'],
    [1_000, '1 kB'],
    [2_345_678, '2.3 MB']
  ])('%i bytes as %s', (bytes, text) => {
    expect(size(bytes)).toBe(text)
  })
})
