// Draws the figures of the page in the colours of the reader's screen, and again when those change.
(() => {
  'use strict';
  const specifications = JSON.parse(document.getElementById('figures').textContent);
  const dark = window.matchMedia('(prefers-color-scheme: dark)');

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const [paper, ink, soft, line] = ['--paper', '--ink', '--soft', '--line'].map((name) => style.getPropertyValue(name).trim());
    return {
      background: paper,
      axis: { labelColor: soft, titleColor: soft, gridColor: line, tickColor: line, domainColor: line },
      legend: { labelColor: ink, titleColor: soft },
      title: { color: ink },
      text: { color: ink },
      rule: { color: soft },
    };
  };

  const narrowed = (specification, room) => {
    const copy = JSON.parse(JSON.stringify(specification));
    if (copy.width > room) copy.width = Math.max(Math.min(copy.width, 600), room); // below that the style sheet scales it
    if (room < 600) copy.config.legend.columns = 2;
    return copy;
  };

  const draw = async (place) => {
    const specification = specifications[place.dataset.figure];
    try {
      // ast: expressions are interpreted, so that the page needs no eval. The editor is the one action that needs a network.
      await vegaEmbed(place, narrowed(specification, place.clientWidth), {
        ast: true,
        renderer: 'svg',
        config: colours(),
        tooltip: { theme: dark.matches ? 'dark' : 'light' },
        actions: { export: true, source: true, compiled: false, editor: false },
        downloadFileName: place.dataset.figure,
      });
    } catch (error) {
      place.textContent = `This figure could not be drawn: ${error.message}`;
      place.classList.add('problem');
      console.error(place.dataset.figure, error);
    }
  };

  const drawAll = async () => {
    document.documentElement.classList.toggle('drawn-dark', dark.matches);
    for (const place of document.querySelectorAll('[data-figure]')) await draw(place);
  };
  dark.addEventListener('change', drawAll);
  drawAll();
})();
