/** On mains a machine of the farm does not fall asleep by itself; on battery that is its owner's matter. */
import { powerMonitor, powerSaveBlocker } from 'electron'

export function stayAwakeOnMains(): void {
  let blocker: number | null = null
  const set = (onBattery: boolean): void => {
    if (onBattery && blocker !== null) {
      powerSaveBlocker.stop(blocker)
      blocker = null
    } else if (!onBattery) blocker ??= powerSaveBlocker.start('prevent-app-suspension')
  }
  set(powerMonitor.isOnBatteryPower())
  powerMonitor.on('on-battery', () => set(true))
  powerMonitor.on('on-ac', () => set(false))
}
