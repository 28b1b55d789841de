"""From completion to reward: entity matcher, components, profiles, winner selection."""
