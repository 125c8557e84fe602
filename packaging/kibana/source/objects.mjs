// Saved objects in the form that Kibana 8.9 exports: later ones migrate it forward. Objects are tied together by references,
// which Kibana follows by name; what it calls ...JSON is JSON in a string.

const core = { coreMigrationVersion: '8.8.0', managed: false };
const source = { query: { query: '', language: 'kuery' }, filter: [] };

export const dataView = (id, name, title, fieldFormats = {}) => ({
  type: 'index-pattern', id, ...core, typeMigrationVersion: '8.0.0', references: [],
  attributes: { title, name, timeFieldName: '@timestamp', fieldFormatMap: JSON.stringify(fieldFormats) },
});

// A table of documents. `columns` are fields, `widths` pixels by field.
export const search = ({ id, title, question, view, query, columns, sort, widths = {} }) => ({
  type: 'search', id, ...core, typeMigrationVersion: '8.0.0',
  references: [{ type: 'index-pattern', id: view, name: 'kibanaSavedObjectMeta.searchSourceJSON.index' }],
  attributes: {
    title, description: question, columns, sort, grid: { columns: Object.fromEntries(Object.entries(widths).map(([field, width]) => [field, { width }])) },
    hideChart: true, isTextBasedQuery: false, timeRestore: false, usesAdHocDataView: false, rowHeight: 4,
    kibanaSavedObjectMeta: {
      searchSourceJSON: JSON.stringify({ ...source, query: { query, language: 'kuery' }, indexRefName: 'kibanaSavedObjectMeta.searchSourceJSON.index' }),
    },
  },
});

export const vega = ({ id, title, question, spec }) => ({
  type: 'visualization', id, ...core, typeMigrationVersion: '8.5.0', references: [],
  attributes: {
    title, description: question, version: 1, uiStateJSON: '{}',
    visState: JSON.stringify({ title, type: 'vega', aggs: [], params: { spec: JSON.stringify(spec, null, 2) } }),
    kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify(source) },
  },
});

// A table that Lens aggregates. `columns`: [id, column] in order, buckets before metrics.
export const table = ({ id, title, question, view, query, columns, widths = {} }) => ({
  type: 'lens', id, ...core, typeMigrationVersion: '8.9.0',
  references: [{ type: 'index-pattern', id: view, name: 'indexpattern-datasource-layer-rows' }],
  attributes: {
    title, description: question, visualizationType: 'lnsDatatable',
    state: {
      query: { query, language: 'kuery' }, filters: [], internalReferences: [], adHocDataViews: {},
      datasourceStates: { formBased: { layers: { rows: { columns: Object.fromEntries(columns), columnOrder: columns.map(([column]) => column), incompleteColumns: {}, sampling: 1 } } } },
      visualization: {
        layerId: 'rows', layerType: 'data', rowHeight: 'auto', headerRowHeight: 'auto',
        columns: columns.map(([columnId]) => ({ columnId, ...widths[columnId] && { width: widths[columnId] } })),
      },
    },
  },
});

const column = (label, more) => ({ label, customLabel: true, ...more });
export const rowsBy = (field, label, orderBy, size = 100) => column(label, {
  dataType: 'string', operationType: 'terms', scale: 'ordinal', isBucketed: true, sourceField: field,
  params: { size, orderBy: { type: 'column', columnId: orderBy }, orderDirection: 'desc', otherBucket: false, missingBucket: false, parentFormat: { id: 'terms' } },
});
export const count = (label, query) => column(label, {
  dataType: 'number', operationType: 'count', scale: 'ratio', isBucketed: false, sourceField: '___records___', params: { emptyAsNull: false },
  ...query && { filter: { query, language: 'kuery' } },
});
export const unique = (field, label) => column(label, {
  dataType: 'number', operationType: 'unique_count', scale: 'ratio', isBucketed: false, sourceField: field, params: { emptyAsNull: false },
});
export const last = (field, label) => column(label, { dataType: 'date', operationType: 'max', scale: 'ratio', isBucketed: false, sourceField: field, params: {} });

// A dashboard. `panels`: { object, x, y, w, h, time } on a grid of 48 columns; `time` is the range of a panel that has its own.
export const dashboard = ({ id, title, description, from, refresh, panels }) => ({
  type: 'dashboard', id, ...core, typeMigrationVersion: '8.9.0',
  references: panels.map(({ object }, i) => ({ type: object.type, id: object.id, name: `${i + 1}:panel_${i + 1}` })),
  attributes: {
    title, description, version: 1, timeRestore: true, timeFrom: from, timeTo: 'now', refreshInterval: { pause: !refresh, value: refresh ?? 60000 },
    optionsJSON: JSON.stringify({ useMargins: true, syncColors: false, syncCursor: true, syncTooltips: false, hidePanelTitles: false }),
    kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify(source) },
    panelsJSON: JSON.stringify(panels.map(({ object, x, y, w, h, time }, i) => ({
      type: object.type, panelIndex: String(i + 1), panelRefName: `panel_${i + 1}`, gridData: { x, y, w, h, i: String(i + 1) },
      embeddableConfig: { description: object.attributes.description, enhancements: {}, ...time && { timeRange: { from: time, to: 'now' } } },
      title: object.attributes.title,
    }))),
  },
});
