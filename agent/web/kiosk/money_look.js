/** How notes and coins look: the colours of the banks' own notes, so that a shopper knows theirs again. */

const NOTES = {
  RUB: {
    1000: "#C9D8B8",
    5000: "#A9C5E8",
    10000: "#EBCBA6",
    20000: "#B9DDA2",
    50000: "#D9B5D6",
    100000: "#9ED3C2",
    200000: "#A6BFEA",
    500000: "#F1B8A4",
  },
  EUR: {
    500: "#CFD3D6",
    1000: "#F0B5A8",
    2000: "#A9C5E8",
    5000: "#F2C58F",
    10000: "#A9D8B4",
    20000: "#F0DE94",
    50000: "#C9B3DF",
  },
};
const LARGEST_COIN = { RUB: 1000, EUR: 200 };
const GOLD_FROM = { RUB: 1000, EUR: 10 };

export const isCoin = (valueMinor, currency) => valueMinor > 0 && valueMinor <= (LARGEST_COIN[currency] ?? 100);

export function moneyColour(valueMinor, currency) {
  if (isCoin(valueMinor, currency)) return valueMinor >= (GOLD_FROM[currency] ?? 50) ? "#EBD491" : "#D5DADC";
  return NOTES[currency]?.[valueMinor] ?? "#CFE0DA";
}
