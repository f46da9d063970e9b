"""The ICVP: the International Certificate of Vaccination or Prophylaxis of the WHO."""
