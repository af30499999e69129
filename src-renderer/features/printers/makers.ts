/** Makers and models to choose from while typing; anything else may be typed as well. */
export const MODELS: Readonly<Record<string, readonly string[]>> = {
  Prusa: ['MK4S', 'MK3S+', 'CORE One', 'XL', 'MINI+'],
  'Bambu Lab': ['X1 Carbon', 'P1S', 'P1P', 'A1', 'A1 mini', 'H2D'],
  Creality: ['K1', 'K1 Max', 'K2 Plus', 'Ender-3 V3', 'Ender-3 S1'],
  Elegoo: ['Neptune 4 Pro', 'Neptune 4 Max', 'Centauri Carbon'],
  Anycubic: ['Kobra 3', 'Kobra S1'],
  Voron: ['0.2', '2.4', 'Trident'],
  UltiMaker: ['S3', 'S5', 'S7'],
  Raise3D: ['Pro3', 'E2'],
  RatRig: ['V-Core 4', 'V-Minion'],
  Sovol: ['SV08', 'SV07'],
  QIDI: ['Plus4', 'Q1 Pro']
}

export const MAKERS: readonly string[] = Object.keys(MODELS)
